/* The page's line to the server: the session, an outbox that survives a reload, live news by stream or by asking.
   A message keeps its id through every repeat, and the server takes each id once, so repeating is always safe. */
(function () {
  "use strict";
  var TroLy = window.TroLy = window.TroLy || {};
  var START = "0-0", OUT = "troly.out.", SESSION = "troly.session", OPENED = "troly.opened";
  var TIMEOUT = 15000, SILENCE = 40000, FIRST_BYTE = 8000, POLL = 3000, HIDDEN_GRACE = 60000;

  /* localStorage, or memory where a browser forbids it to an iframe. */
  function storage() {
    try {
      window.localStorage.setItem("troly.probe", "1");
      window.localStorage.removeItem("troly.probe");
      return window.localStorage;
    } catch (refused) {
      var kept = {};
      return {
        getItem: function (key) { return kept.hasOwnProperty(key) ? kept[key] : null; },
        setItem: function (key, value) { kept[key] = value; },
        removeItem: function (key) { delete kept[key]; },
        key: function (index) { return Object.keys(kept)[index]; },
        get length() { return Object.keys(kept).length; }
      };
    }
  }

  function newId() {
    var bytes = new Uint8Array(16), text = "", i;
    if (window.crypto && window.crypto.getRandomValues) { window.crypto.getRandomValues(bytes); }
    else { for (i = 0; i < 16; i += 1) { bytes[i] = Math.floor(Math.random() * 256); } }
    for (i = 0; i < 16; i += 1) { text += (bytes[i] < 16 ? "0" : "") + bytes[i].toString(16); }
    return text.replace(/^(.{8})(.{4})(.{4})(.{4})(.*)$/, "$1-$2-$3-$4-$5");
  }

  function parsed(text) {
    try { return JSON.parse(text) || {}; } catch (broken) { return {}; }
  }

  function retryAfter(xhr, otherwise) {
    var seconds = parseInt(xhr.getResponseHeader("Retry-After"), 10);
    return (seconds > 0 ? seconds : otherwise) * 1000;
  }

  /* hooks: entry(entry), typing(), pending(id, text, ms), state(id, state, reason), loaded(), lost(bool), cleared() */
  TroLy.Link = function (urls, hooks) {
    var store = storage(), queue = [], sending = false, sendTimer = 0;
    var lastId = START, stream = null, watch = 0, nextTimer = 0, pollUntil = 0, hiddenTimer = 0;
    var loaded = false, stopped = false, epoch = 0;
    var fails = { send: 0, hear: 0 };  // in a row; either way may fail while the other works

    /* done(status, body, xhr); status 0 when nothing came back */
    function call(method, url, body, done) {
      var xhr = new XMLHttpRequest(), mine = epoch;
      xhr.open(method, url);
      xhr.timeout = TIMEOUT;
      xhr.setRequestHeader("X-Chat-Session", store.getItem(SESSION) || "");
      if (body) { xhr.setRequestHeader("Content-Type", "application/json"); }
      xhr.onloadend = function () { if (mine === epoch) { done(xhr.status, parsed(xhr.responseText), xhr); } };
      xhr.send(body ? JSON.stringify(body) : null);
    }

    /* --- the session */
    function withSession(then) {
      if (store.getItem(SESSION)) { then(); return; }
      call("POST", urls.session, null, function (status, body, xhr) {
        if (status === 201) {
          // Another tab may have been quicker: then both talk in its session.
          if (!store.getItem(SESSION)) {
            store.setItem(SESSION, body.session);
            store.setItem(OPENED, newId());
          }
          worked("hear");
          then();
          return;
        }
        failed("hear");
        window.setTimeout(function () { withSession(then); }, status === 429 ? retryAfter(xhr, 10) : wait("hear"));
      });
    }
    function renew() {
      store.removeItem(SESSION);
      lastId = START;
      start();
    }
    function wait(way) {
      return Math.min(15000, 1000 * Math.pow(2, Math.min(fails[way], 4))) * (0.75 + Math.random() / 2);
    }
    function tell() { hooks.lost(fails.send > 1 || fails.hear > 1 || navigator.onLine === false); }
    function failed(way) {
      fails[way] += 1;
      tell();
    }
    function worked(way) {
      var other = way === "send" ? "hear" : "send", waited = fails[other] > 0;
      fails[way] = 0;
      tell();
      // What works again for the one probably works for the other.
      if (waited && way === "hear" && !sending) { flush(); }
      if (waited && way === "send" && !stream) { next(0); }
    }

    /* --- sending, one after the other */
    function keep(item) { store.setItem(OUT + item.id, JSON.stringify(item)); }
    function drop(id) {
      store.removeItem(OUT + id);
      queue = queue.filter(function (item) { return item.id !== id; });
      if (!queue.length) { fails.send = 0; }
    }
    function restore() {
      var found = [], i, key;
      for (i = 0; i < store.length; i += 1) {
        key = store.key(i);
        if (key && key.indexOf(OUT) === 0) { found.push(parsed(store.getItem(key))); }
      }
      found.filter(function (item) { return item.id; })
        .sort(function (a, b) { return a.at - b.at; })
        .forEach(adopt);
    }
    function adopt(item) {
      queue.push(item);
      if (item.show) { hooks.pending(item.id, item.show, item.at); }
    }
    function put(body, show, id) {
      var item = { id: id || newId(), at: Date.now(), body: body, show: show };
      item.body.id = item.id;
      keep(item);
      adopt(item);
      flush();
    }
    function later(ms) {
      window.clearTimeout(sendTimer);
      sendTimer = window.setTimeout(flush, ms);
    }
    function flush() {
      var item = queue.filter(function (one) { return !one.refused && !(one.again > Date.now()); })[0];
      window.clearTimeout(sendTimer);
      if (!item || sending || stopped || !loaded || !store.getItem(SESSION)) { return; }
      sending = true;
      if (!item.sent) { hooks.state(item.id, "sending"); }
      call("POST", urls.messages, item.body, function (status, body, xhr) {
        sending = false;
        answered(item, status, body, xhr);
      });
    }
    function answered(item, status, body, xhr) {
      if (status === 202) {
        hooks.state(item.id, "sent");
        if (body.entry) { drop(item.id); } else {
          // Kept on the server's disk, not yet in the feed: say it again later, for the other tabs.
          item.sent = true;
          item.again = Date.now() + 15000;
          later(15500);
        }
        if (body.entry) { worked("send"); } else { fails.send = 0; }
        flush();
      } else if (status === 401) {
        renew();
      } else if (status === 429) {
        hooks.state(item.id, "waiting", (body.error || {}).message);
        later(retryAfter(xhr, 5));
      } else if (status >= 400 && status < 500) {
        item.refused = true;
        store.removeItem(OUT + item.id);
        hooks.state(item.id, "failed", "Lỗi: " + ((body.error || {}).message || "tin không gửi được."));
        flush();
      } else {
        failed("send");
        if (!item.sent) { hooks.state(item.id, fails.send > 1 || navigator.onLine === false ? "waiting" : "sending"); }
        later(wait("send"));
      }
    }

    /* --- hearing */
    function take(entry) {
      lastId = entry.id;
      if (entry.client_id) { drop(entry.client_id); }
      hooks.entry(entry);
    }
    function next(ms) {
      window.clearTimeout(nextTimer);
      if (!stopped) { nextTimer = window.setTimeout(listen, ms); }
    }
    function listen() {
      if (Date.now() < pollUntil || !loaded) { poll(); } else { openStream(); }
    }
    function poll() {
      call("GET", urls.messages + "?after=" + encodeURIComponent(lastId), null, function (status, body) {
        if (stopped) { return; }
        if (status === 401) { renew(); return; }
        if (status !== 200) { failed("hear"); next(wait("hear")); return; }
        body.messages.forEach(take);
        if (body.typing) { hooks.typing(); }
        if (!loaded) { firstLoad(body.messages.length); }
        worked("hear");
        next(Date.now() < pollUntil ? POLL : 0);
      });
    }
    function firstLoad(count) {
      loaded = true;
      restore();
      hooks.loaded();
      if (!count && !queue.length) {
        // The same id until something is in the feed: greeted once, however often the page is loaded.
        put({ opened: true }, null, store.getItem(OPENED));
      }
      flush();
    }

    /* XMLHttpRequest rather than EventSource, which can send no header and would put the session into the address. */
    function openStream() {
      var xhr = new XMLHttpRequest(), place = 0, began = Date.now(), heard = 0, rest = "";
      closeStream();
      stream = xhr;
      xhr.open("GET", urls.stream);
      xhr.setRequestHeader("X-Chat-Session", store.getItem(SESSION) || "");
      xhr.setRequestHeader("Last-Event-ID", lastId);
      xhr.onprogress = function () {
        if (stream !== xhr || xhr.status !== 200) { return; }
        heard = Date.now();
        rest += xhr.responseText.slice(place);
        place = xhr.responseText.length;
        var blocks = rest.split("\n\n");
        rest = blocks.pop();
        blocks.forEach(function (block) { if (stream === xhr) { hear(block); } });
        worked("hear");
      };
      xhr.onloadend = function () {
        if (stream !== xhr) { return; }
        xhr.onprogress();
        closeStream();
        if (xhr.status === 401) { renew(); }
        else if ((parsed(xhr.responseText).error || {}).code === "too_many_streams") { pollUntil = Date.now() + retryAfter(xhr, 60); next(0); }
        else if (xhr.status === 200 && Date.now() - began > 1000) { next(100 + Math.random() * 400); }
        else { failed("hear"); next(wait("hear")); }
      };
      watch = window.setInterval(function () {
        if (!heard && Date.now() - began > FIRST_BYTE) {
          // Something on the way holds the stream back.
          closeStream();
          pollUntil = Date.now() + 300000;
          next(0);
        } else if (heard && Date.now() - heard > SILENCE) {
          closeStream();
          next(0);
        }
      }, 2000);
      xhr.send();
    }
    function hear(block) {
      var kind = "message", data = "";
      block.split("\n").forEach(function (line) {
        if (line.indexOf("event: ") === 0) { kind = line.slice(7); }
        if (line.indexOf("data: ") === 0) { data += line.slice(6); }
      });
      if (!data) { return; }
      if (kind === "typing") { hooks.typing(); }
      if (kind === "message") { take(parsed(data)); }
    }
    function closeStream() {
      var old = stream;
      stream = null;
      window.clearInterval(watch);
      if (old && old.readyState !== 4) { old.abort(); }
    }

    /* --- life */
    function start() {
      stopped = false;
      window.clearTimeout(nextTimer);
      closeStream();
      withSession(function () { next(0); flush(); });
    }
    function nudge() {
      if (!store.getItem(SESSION)) { return; }
      pollUntil = 0;
      next(0);
      flush();
    }
    window.addEventListener("online", nudge);
    window.addEventListener("offline", function () { fails.hear = Math.max(fails.hear, 2); hooks.lost(true); });
    document.addEventListener("visibilitychange", function () {
      window.clearTimeout(hiddenTimer);
      if (document.hidden) {
        // Nobody looks: give the server its thread back.
        hiddenTimer = window.setTimeout(function () {
          stopped = true;
          window.clearTimeout(nextTimer);
          closeStream();
        }, HIDDEN_GRACE);
      } else if (stopped) { start(); } else if (!stream) { nudge(); }
    });

    return {
      start: start,
      say: function (text) { put({ text: text }, text); },
      tap: function (payload, title) { put({ payload: payload, title: title }, title); },
      retry: function (id) {
        queue.forEach(function (item) {
          if (item.id === id) { item.refused = false; item.again = 0; keep(item); }
        });
        flush();
      },
      /* Forget the conversation on this machine and begin a new one. */
      reset: function () {
        epoch += 1;  // answers that are still under way belong to the old session
        queue.slice().forEach(function (item) { drop(item.id); });
        sending = false;
        loaded = false;
        store.removeItem(OPENED);
        hooks.cleared();
        renew();
      }
    };
  };
}());
