// The pictures of the editor: put forward, or taken out. Each carries its own hidden field.
"use strict";
document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-move], [data-remove]");
  const picture = button && button.closest(".picture");
  if (!picture) return;
  const list = picture.parentElement;
  if (button.dataset.move) {
    if (picture.previousElementSibling) list.insertBefore(picture, picture.previousElementSibling);
    button.focus();
  } else {
    picture.remove();
  }
  list.dispatchEvent(new Event("change", { bubbles: true }));
});
// Chosen files were taken in already: the form must not carry them once more.
document.addEventListener("htmx:afterRequest", (event) => {
  if (event.target.id !== "files") return;
  if (event.detail.successful) event.target.value = "";
  document.getElementById("pictures").dispatchEvent(new Event("change", { bubbles: true }));
});
