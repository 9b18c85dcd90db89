// Every request that changes something carries the page's CSRF token.
"use strict";
document.addEventListener("htmx:configRequest", (event) => {
  const token = document.querySelector('meta[name="csrf-token"]');
  if (token) event.detail.headers["X-CSRFToken"] = token.content;
});
// Nothing that somebody began to write stays behind on a shared machine.
document.addEventListener("submit", (event) => { if (event.target.matches(".bar form")) sessionStorage.clear(); });
