/* Adds a round button to the host's page; a tap opens the chat in an iframe. Put before it by the server: TROLY_XA.
   Styles are set through the DOM, which a strict Content-Security-Policy of the host allows. */
"use strict";
var tag = document.currentScript || document.querySelector('script[src*="/chat/widget.js"]');
if (!tag || document.getElementById("troly-xa-button")) { return; }

var address = document.createElement("a");
address.href = tag.src;
var origin = address.protocol + "//" + address.host;
var narrow = window.matchMedia ? window.matchMedia("(max-width: 599px)") : { matches: false };
var SVG = "http://www.w3.org/2000/svg";
var frame = null, open = false;

function style(element, rules) {
  Object.keys(rules).forEach(function (name) { element.style.setProperty(name, rules[name], "important"); });
}

var button = document.createElement("button");
button.type = "button";
button.id = "troly-xa-button";
style(button, {
  "position": "fixed", "right": "16px", "bottom": "16px", "width": "64px", "height": "64px", "padding": "0",
  "margin": "0", "border": "3px solid #ffffff", "border-radius": "50%", "background": "#0b5560", "color": "#ffffff",
  "box-shadow": "0 4px 16px rgba(0,0,0,.35)", "cursor": "pointer", "z-index": "2147483001",
  "display": "flex", "align-items": "center", "justify-content": "center"
});
var picture = document.createElementNS(SVG, "svg");
picture.setAttribute("viewBox", "0 0 24 24");
picture.setAttribute("width", "32");
picture.setAttribute("height", "32");
picture.setAttribute("aria-hidden", "true");
style(picture, { "fill": "none", "stroke": "#ffffff", "stroke-width": "2", "stroke-linecap": "round", "stroke-linejoin": "round" });
var path = document.createElementNS(SVG, "path");
picture.appendChild(path);
button.appendChild(picture);

var badge = document.createElement("span");
style(badge, {
  "position": "absolute", "top": "-2px", "right": "-2px", "width": "20px", "height": "20px", "border-radius": "50%",
  "background": "#f3b62b", "border": "2px solid #ffffff", "display": "none"
});
button.appendChild(badge);

function place() {
  if (!frame) { return; }
  var full = narrow.matches;
  style(frame, {
    "position": "fixed", "right": full ? "0" : "16px", "bottom": full ? "0" : "96px",
    "width": full ? "100%" : "400px", "height": full ? "100%" : "640px",
    "max-height": full ? "100%" : "calc(100% - 116px)", "max-width": "100%", "border": "0", "margin": "0",
    "border-radius": full ? "0" : "16px", "box-shadow": "0 8px 40px rgba(0,0,0,.35)", "background": "#eef3f3",
    "z-index": "2147483002", "display": open ? "block" : "none", "color-scheme": "light dark"
  });
  style(button, { "display": open && full ? "none" : "flex" });
}

function label(news) {
  var words = open ? "Đóng hộp trò chuyện" : "Hỏi " + TROLY_XA.title + (news ? " (có tin mới)" : "");
  button.setAttribute("aria-label", words);
  button.setAttribute("aria-expanded", open ? "true" : "false");
  path.setAttribute("d", open ? "M5 5l14 14M19 5L5 19" : "M4 5h16v11H11l-5 4v-4H4zM8 9h8M8 12h5");
  style(badge, { "display": news ? "block" : "none" });
}

function shown() { frame.contentWindow.postMessage({ troLy: "shown" }, origin); }

function toggle(wanted) {
  open = wanted;
  if (open && !frame) {
    frame = document.createElement("iframe");
    frame.id = "troly-xa-frame";
    frame.title = TROLY_XA.title;
    frame.src = origin + TROLY_XA.page;
    frame.addEventListener("load", function () { if (open) { frame.focus(); shown(); } });
    document.body.appendChild(frame);
  } else if (open) {
    window.setTimeout(function () { frame.focus(); shown(); }, 0);
  }
  label(false);
  place();
  if (!open) { button.focus(); }
}

button.addEventListener("click", function () { toggle(!open); });
document.addEventListener("keydown", function (event) {
  if (open && (event.key === "Escape" || event.key === "Esc")) { toggle(false); }
});
window.addEventListener("message", function (event) {
  if (!frame || event.origin !== origin || event.source !== frame.contentWindow || !event.data) { return; }
  if (event.data.troLy === "close" && open) { toggle(false); }
  if (event.data.troLy === "news" && !open) { label(true); }
});
window.addEventListener("resize", place);
label(false);
document.body.appendChild(button);
