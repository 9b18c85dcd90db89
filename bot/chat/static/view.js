/* What the chat page shows. Text only ever becomes text nodes: nothing here parses HTML. */
(function () {
  "use strict";
  var TroLy = window.TroLy = window.TroLy || {};
  var SVG = "http://www.w3.org/2000/svg";
  var ICONS = {
    link: "M14 4h6v6M20 4l-9 9M18 14v6H4V6h6",
    phone: "M5 3h4l2 5-3 2a12 12 0 0 0 6 6l2-3 5 2v4c0 1-1 2-2 2A17 17 0 0 1 3 5c0-1 1-2 2-2z"
  };
  var NAMES = { bot: "Trợ lý", officer: "Cán bộ", resident: "Ông/bà:" };
  var ONE_BREATH = 3000;
  var STATES = { sending: "Đang gửi…", sent: "Đã gửi", waiting: "Chưa gửi được, sẽ tự gửi lại", failed: "Lỗi – chưa gửi" };
  var URLS = /https?:\/\/[^\s<>"'“”]+/gi;

  function make(tag, className, text) {
    var element = document.createElement(tag);
    if (className) { element.className = className; }
    if (text !== undefined) { element.appendChild(document.createTextNode(text)); }
    return element;
  }

  function icon(name) {
    var svg = document.createElementNS(SVG, "svg");
    var path = document.createElementNS(SVG, "path");
    svg.setAttribute("viewBox", "0 0 24 24");
    svg.setAttribute("width", "22");
    svg.setAttribute("height", "22");
    svg.setAttribute("aria-hidden", "true");
    svg.setAttribute("focusable", "false");
    path.setAttribute("d", ICONS[name]);
    svg.appendChild(path);
    return svg;
  }

  function anchor(href, text, className) {
    var link = make("a", className, text);
    link.href = href;
    if (href.indexOf("tel:") !== 0) {
      link.target = "_blank";
      link.rel = "noopener noreferrer nofollow";
      link.appendChild(make("span", "unseen", " (mở trang mới)"));
    }
    return link;
  }

  /* Append `text` with its web addresses as links; a full stop or bracket at the end is not part of one. */
  function linkify(parent, text) {
    var place = 0, match, url;
    URLS.lastIndex = 0;
    while ((match = URLS.exec(text))) {
      url = match[0].replace(/[.,;:!?…]+$/, "");
      if (url.indexOf("(") < 0) { url = url.replace(/[)\]].*$/, ""); }
      parent.appendChild(document.createTextNode(text.slice(place, match.index)));
      parent.appendChild(anchor(url, url));
      place = URLS.lastIndex = match.index + url.length;
    }
    parent.appendChild(document.createTextNode(text.slice(place)));
  }

  function two(number) { return (number < 10 ? "0" : "") + number; }

  /* Vietnam has one time zone and no summer time, so old phones need no time zone data for it. */
  function local(ms) { return new Date(ms + 7 * 3600 * 1000); }

  function timeText(ms) {
    var then = local(ms), today = local(Date.now()).toISOString().slice(0, 10);
    var clock = two(then.getUTCHours()) + ":" + two(then.getUTCMinutes());
    if (then.toISOString().slice(0, 10) === today) { return clock; }
    return then.getUTCDate() + "/" + (then.getUTCMonth() + 1) + " " + clock;
  }

  function timeElement(ms) {
    var element = make("time", "", timeText(ms));
    element.setAttribute("datetime", new Date(ms).toISOString());
    return element;
  }

  /* `onPayload(payload, title)`, `onRetry(clientId)` */
  TroLy.View = function (onPayload, onRetry) {
    var talk = document.getElementById("talk");
    var log = document.getElementById("log");
    var typing = document.getElementById("typing");
    var newer = document.getElementById("newer");
    var mine = {}, shown = {}, typingTimer = 0, pinned = true, lastAuto = 0;
    var anchorAt = null, answeredAt = 0;

    /* --- scrolling: the question stays in sight above its answer, which is read from its beginning */
    function scroller() {
      return window.getComputedStyle(talk).overflowY === "visible" ?
        (document.scrollingElement || document.documentElement) : talk;
    }
    function roomBelow() {
      var box = scroller();
      return box.scrollHeight - box.clientHeight - box.scrollTop;
    }
    function follow() {
      var box = scroller(), bottom = box.scrollHeight - box.clientHeight, top = bottom;
      if (anchorAt && anchorAt.parentNode) {
        var edge = box === talk ? talk.getBoundingClientRect().top : 0;
        top = Math.min(bottom, box.scrollTop + anchorAt.getBoundingClientRect().top - edge - 8);
      }
      lastAuto = box.scrollTop = Math.max(0, top);
      newer.hidden = true;
    }
    function onScroll() {
      if (roomBelow() < 48) { pinned = true; newer.hidden = true; }
      else if (Math.abs(scroller().scrollTop - lastAuto) > 48) { pinned = false; }
    }
    function settle() {
      if (pinned) { follow(); } else { newer.hidden = false; }
    }
    talk.addEventListener("scroll", onScroll);
    window.addEventListener("scroll", onScroll);
    function keepPlace() { if (pinned) { follow(); } }
    window.addEventListener("resize", keepPlace);
    if (window.ResizeObserver) { new window.ResizeObserver(keepPlace).observe(talk); }
    newer.addEventListener("click", function () { pinned = true; anchorAt = null; follow(); talk.focus(); });

    /* --- one message */
    function choice(button) {
      var element, label = String(button.title), value = String(button.value);
      if (button.kind === "link" && /^https:\/\//i.test(value)) {
        element = anchor(value, label, "choice");
        element.insertBefore(icon("link"), element.firstChild);
      } else if (button.kind === "phone" && /^\+?[0-9][0-9 .()-]+$/.test(value)) {
        element = anchor("tel:" + value.replace(/[^0-9+]/g, ""), label, "choice");
        element.insertBefore(icon("phone"), element.firstChild);
      } else if (button.kind === "question") {
        element = make("button", "choice", label);
        element.type = "button";
        element.addEventListener("click", function () { onPayload(value, label); });
      }
      return element;
    }

    function choices(buttons) {
      var list = make("ul", "choices");
      (buttons || []).forEach(function (button) {
        var element = choice(button), item = make("li");
        if (element) { item.appendChild(element); list.appendChild(item); }
      });
      return list.firstChild ? list : null;
    }

    function frame(author) {
      var message = make("div", "message " + (author === "resident" ? "mine" : author));
      message.appendChild(make("span", author === "resident" ? "unseen" : "who", NAMES[author]));
      return message;
    }

    function answer(entry) {
      var author = entry.author === "officer" ? "officer" : "bot";
      var message = frame(author), bubble = make("div", "bubble"), body = make("div", "body");
      linkify(body, String(entry.text || ""));
      bubble.appendChild(body);
      if (entry.image_url && /^(https:\/\/|http:\/\/(127\.0\.0\.1|localhost):)/i.test(entry.image_url)) {
        var image = make("img");
        image.alt = "Hình kèm theo tin nhắn";
        image.referrerPolicy = "no-referrer";
        image.addEventListener("load", keepPlace);
        image.src = entry.image_url;
        bubble.appendChild(image);
      }
      message.appendChild(bubble);
      var list = choices(entry.buttons);
      if (list) { message.appendChild(list); }
      var meta = make("p", "meta");
      meta.appendChild(timeElement(entry.at_ms));
      message.appendChild(meta);
      return message;
    }

    /* A resident's own text is never linkified: it may be the very link they ask us to check. */
    function own(clientId, text, ms) {
      var message = frame("resident"), bubble = make("div", "bubble"), meta = make("p", "meta");
      bubble.appendChild(make("div", "body", String(text)));
      message.appendChild(bubble);
      message.appendChild(meta);
      mine[clientId] = { element: message, meta: meta, ms: ms };
      log.appendChild(message);
      anchorAt = message;
      answeredAt = 0;
    }

    /* The first answers are read below their question; what comes later, from its own beginning. */
    function aim(message) {
      if (!answeredAt) { answeredAt = Date.now(); }
      if (Date.now() - answeredAt > ONE_BREATH) { anchorAt = message; }
    }

    function setState(clientId, state, reason) {
      var record = mine[clientId];
      if (!record) { return; }
      record.element.className = "message mine" + (state === "failed" || state === "waiting" ? " failed" : "");
      while (record.meta.firstChild) { record.meta.removeChild(record.meta.firstChild); }
      record.meta.appendChild(timeElement(record.ms));
      record.meta.appendChild(document.createTextNode(" · " + (reason || STATES[state])));
      var old = record.element.querySelector(".retry");
      if (old) { record.element.removeChild(old); }
      if (state === "failed" || state === "waiting") {
        var button = make("button", "retry", "Gửi lại");
        button.type = "button";
        button.addEventListener("click", function () { onRetry(clientId); });
        record.element.appendChild(button);
        settle();
      }
    }

    function stopTyping() {
      window.clearTimeout(typingTimer);
      typing.hidden = true;
    }

    return {
      /* An entry of the feed, shown once. Returns whether it is news from the other side. */
      entry: function (entry) {
        if (shown[entry.id]) { return false; }
        shown[entry.id] = true;
        if (entry.author === "resident") {
          if (!mine[entry.client_id]) { own(entry.client_id, entry.text, entry.at_ms); }
          mine[entry.client_id].ms = entry.at_ms;
          setState(entry.client_id, "sent");
          settle();
          return false;
        }
        stopTyping();
        var message = answer(entry);
        log.appendChild(message);
        aim(message);
        settle();
        return true;
      },
      /* Something that this page is about to send. */
      pending: function (clientId, text, ms) {
        if (mine[clientId]) { return; }
        own(clientId, text, ms);
        setState(clientId, "sending");
        pinned = true;
        follow();
      },
      state: setState,
      typing: function () {
        typing.hidden = false;
        window.clearTimeout(typingTimer);
        typingTimer = window.setTimeout(stopTyping, 10000);
        keepPlace();
      },
      /* While the past is loaded a screen reader must not read all of it out. */
      loading: function (busy) {
        log.setAttribute("aria-live", busy ? "off" : "polite");
        log.setAttribute("aria-busy", busy ? "true" : "false");
      },
      toEnd: function () { pinned = true; follow(); },
      clear: function () {
        while (log.firstChild) { log.removeChild(log.firstChild); }
        mine = {}; shown = {}; anchorAt = null; pinned = true;
        stopTyping();
      }
    };
  };
}());
