/* The chat page: its controls, wired to the view and to the line. */
(function () {
  "use strict";
  var TroLy = window.TroLy, page = document.body, link;
  var embedded = document.documentElement.className.indexOf("embedded") >= 0;
  var touch = window.matchMedia && window.matchMedia("(pointer: coarse)").matches;

  function byId(id) { return document.getElementById(id); }
  /* To the site that embeds us; what is said is no secret, so any site may hear it. */
  function tellHost(what) { if (embedded && window.parent !== window) { window.parent.postMessage({ troLy: what }, "*"); } }

  var text = byId("text"), status = byId("status"), question = byId("restart-question"), restart = byId("restart");

  var view = TroLy.View(
    function (payload, title) { link.tap(payload, title); },
    function (id) { link.retry(id); }
  );

  link = TroLy.Link(
    {
      session: page.getAttribute("data-session-url"),
      messages: page.getAttribute("data-messages-url"),
      stream: page.getAttribute("data-stream-url")
    },
    {
      entry: function (entry) { if (view.entry(entry)) { tellHost("news"); } },
      typing: view.typing,
      pending: view.pending,
      state: view.state,
      loaded: function () {
        view.toEnd();
        window.setTimeout(function () { view.loading(false); }, 200);
      },
      lost: function (lost) {
        var words = lost ? "Mất kết nối, đang nối lại. Tin của ông/bà sẽ tự gửi, không mất." : "";
        if (status.textContent !== words) { status.textContent = words; }
        status.hidden = !lost;
      },
      cleared: function () { view.clear(); view.loading(true); }
    }
  );

  /* --- writing */
  function grow() {
    text.style.height = "auto";
    text.style.height = (text.scrollHeight + 4) + "px";
  }
  function say() {
    var words = text.value.trim();
    if (words) {
      text.value = "";
      grow();
      link.say(words);
    }
    text.focus();
  }
  text.addEventListener("input", grow);
  text.addEventListener("keydown", function (event) {
    // While an input method composes a letter, Enter belongs to it (keyCode 229 in older browsers).
    if (event.key === "Enter" && !event.shiftKey && !event.isComposing && event.keyCode !== 229) {
      event.preventDefault();
      say();
    }
  });
  byId("composer").addEventListener("submit", function (event) {
    event.preventDefault();
    say();
  });
  Array.prototype.forEach.call(document.querySelectorAll("[data-payload]"), function (button) {
    button.addEventListener("click", function () {
      link.tap(button.getAttribute("data-payload"), button.textContent.trim());
    });
  });

  /* --- a shared machine */
  function ask(open) {
    question.hidden = !open;
    restart.setAttribute("aria-expanded", open ? "true" : "false");
    (open ? byId("restart-no") : restart).focus();
  }
  restart.addEventListener("click", function () { ask(question.hidden); });
  byId("restart-no").addEventListener("click", function () { ask(false); });
  byId("restart-yes").addEventListener("click", function () {
    ask(false);
    link.reset();
    text.focus();
  });

  /* --- inside the widget */
  if (byId("close")) { byId("close").addEventListener("click", function () { tellHost("close"); }); }
  document.addEventListener("keydown", function (event) {
    if (event.key !== "Escape" && event.key !== "Esc") { return; }
    if (!question.hidden) { ask(false); } else { tellHost("close"); }
  });
  window.addEventListener("message", function (event) {
    if (event.source === window.parent && event.data && event.data.troLy === "shown") {
      view.toEnd();
      // On a phone the keyboard would jump up and hide the greeting.
      byId(touch ? "talk" : "text").focus();
    }
  });

  view.loading(true);
  link.start();
}());
