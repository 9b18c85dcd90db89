// The live desk: what changed is told by the feed; the page fetches what it shows. Sound, badge, notifications.
"use strict";
(() => {
  const desk = document.getElementById("desk");
  if (!desk) return;
  const byId = (id) => document.getElementById(id);
  const me = Number(desk.dataset.me), title = document.title;
  const known = new Map();  // conversation -> its last event
  let cursor = desk.dataset.cursor, source = null, polling = null, retry = null, audio = null;
  const POLL_MS = 3000, RETRY_MS = 60000, ROWS_MS = 500;

  const openChat = () => Number(byId("chat")?.dataset.id || 0);
  const shelf = () => byId("counts")?.dataset.list || "waiting";

  function line(words, off) {
    byId("line").textContent = words;
    byId("line").classList.toggle("off", Boolean(off));
  }

  // --- what is shown ------------------------------------------------------------------------------------
  let rowsTimer = null, rowsAt = 0, rowsBusy = false;
  function refreshRows() {
    if (rowsTimer) return;
    rowsTimer = setTimeout(async () => {
      rowsTimer = null;
      if (rowsBusy) return refreshRows();
      rowsBusy = true;
      rowsAt = Date.now();
      try {
        const query = new URLSearchParams(location.search);
        query.set("list", shelf());
        const response = await fetch(`${desk.dataset.rows}?${query}`, { headers: { "HX-Request": "true" } });
        if (response.status === 401) return out();
        if (response.ok) showRows(await response.text());
      } catch { /* cut off: the feed comes back and tells it again */ } finally { rowsBusy = false; }
    }, Math.max(0, ROWS_MS - (Date.now() - rowsAt)));
  }

  function showRows(html) {
    const rows = byId("rows"), focused = document.activeElement?.closest?.("#rows a");
    const again = focused?.id ? `#${focused.id}` : focused ? `#rows a[href="${CSS.escape(focused.getAttribute("href"))}"]` : "";
    rows.innerHTML = html;
    mark();
    if (again) document.querySelector(again)?.focus({ preventScroll: true });
    badge();
  }

  function mark() {
    for (const row of document.querySelectorAll(".chat-row")) {
      const here = Number(row.dataset.id) === openChat();
      row.classList.toggle("here", here);
      if (here) row.setAttribute("aria-current", "true"); else row.removeAttribute("aria-current");
    }
    const tabs = document.querySelector(".tabs ul"), tab = tabs?.querySelector("[aria-current]");
    if (tab) tabs.scrollLeft = tab.offsetLeft + tab.offsetWidth / 2 - tabs.clientWidth / 2;  // all don't fit on a phone
  }

  function badge() {
    const waiting = Number(byId("counts")?.dataset.waiting || 0);
    document.title = waiting ? `(${waiting}) ${title}` : title;
  }

  let chatBusy = false, chatAgain = false;
  async function refreshChat() {
    const chat = byId("chat");
    if (!chat) return;
    if (chatBusy) { chatAgain = true; return; }
    chatBusy = true;
    // A form that is being filled in stays: only the story is put in place meanwhile.
    const url = `${chat.dataset.live}?${new URLSearchParams({ composer: byId("composer").dataset.lock })}`;
    const before = lastWords();
    try { await htmx.ajax("GET", url, { target: "#chat", swap: "none" }); } catch { /* told again after the cut */ }
    chatBusy = false;
    const now = lastWords();
    if (now.id !== before.id && now.words) byId("said").textContent = `Tin mới của người dân: ${now.words}`;
    if (chatAgain) { chatAgain = false; refreshChat(); }
  }

  function lastWords() {
    const last = [...document.querySelectorAll("#story .bubble.resident")].pop();
    return { id: last?.id, words: last?.querySelector(".words")?.textContent || "" };
  }

  // The story stays at its end, or where the officer is reading; an image that comes late moves neither.
  let atEnd = true, kept = 0;
  const toEnd = () => { const story = byId("story"); if (story) { story.scrollTop = story.scrollHeight; atEnd = true; } };
  const nearEnd = (story) => story.scrollHeight - story.scrollTop - story.clientHeight < 80;
  document.addEventListener("scroll", (event) => { if (event.target.id === "story") { atEnd = nearEnd(event.target); kept = event.target.scrollTop; } }, true);
  document.addEventListener("load", (event) => { if (event.target.closest?.("#story") && atEnd) toEnd(); }, true);
  document.addEventListener("error", (event) => {
    if (!event.target.matches?.("#story img")) return;
    event.target.replaceWith("Không tải được ảnh; bấm để mở");
    if (atEnd) toEnd();
  }, true);
  document.addEventListener("htmx:oobBeforeSwap", (event) => {
    const target = event.detail.target;
    // Somebody is writing a note or choosing a colleague in the head: it is not taken away.
    if (target.id === "chat-head" && target.querySelector("details[open]") && !acted) event.detail.shouldSwap = false;
    // A look that was asked for before the lock changed brings the same composer again: what is typed stays.
    const lock = event.detail.fragment.querySelector?.("#composer")?.dataset.lock;
    if (target.id === "composer" && target.dataset.lock === lock && !acted) event.detail.shouldSwap = false;
  });
  document.addEventListener("htmx:oobAfterSwap", (event) => {
    if (event.detail.target.id !== "story") return;
    if (atEnd) toEnd(); else byId("story").scrollTop = kept;
  });
  let acted = false, claiming = false;  // the feed may bring the composer before the claim's own answer
  const claims = (event) => /\/claim$/.test(event.detail.pathInfo.requestPath);
  document.addEventListener("htmx:beforeRequest", (event) => { if (claims(event)) claiming = true; });
  document.addEventListener("htmx:oobAfterSwap", (event) => { if (event.detail.target.id === "composer" && claiming) byId("text")?.focus(); });
  document.addEventListener("htmx:beforeSwap", (event) => { acted = event.detail.requestConfig.verb === "post"; });
  document.addEventListener("htmx:afterRequest", (event) => {
    if (event.detail.requestConfig.verb !== "post") return;
    if (claims(event)) claiming = false;
    if (event.detail.successful) { refreshRows(); toEnd(); if (event.detail.elt.id === "write" || claims(event)) byId("text")?.focus(); }
    else line("Chưa thực hiện được, hãy thử lại.", true);
  });

  // --- opening a chat without leaving the page ------------------------------------------------------------
  async function show(address, push) {
    const url = new URL(address, location.href);
    const response = await fetch(`${url.pathname}/panel${url.search}`, { headers: { "HX-Request": "true" } }).catch(() => null);
    if (!response?.ok) { location.href = address; return; }
    const panel = byId("panel");
    panel.innerHTML = await response.text();
    htmx.process(panel);
    desk.classList.add("open");
    if (push) history.pushState({}, "", address);
    mark(); toEnd(); tick();
    document.dispatchEvent(new CustomEvent("desk:opened"));
    const story = byId("story");
    if (story) story.focus({ preventScroll: true });
    connect();
  }
  document.addEventListener("click", (event) => {
    const row = event.target.closest(".chat-row");
    if (!row || event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
    event.preventDefault();
    show(row.href, true);
  });
  window.addEventListener("popstate", () => location.reload());

  // --- what is heard ------------------------------------------------------------------------------------------
  function heard(change) {
    const before = known.get(change.id);
    if (before && before.v >= change.v && !change.sent) return;
    known.set(change.id, change);
    if (change.id === openChat()) refreshChat();
    const listed = byId(`row-${change.id}`);
    if (!change.sent && (listed || change.owner !== "bot" || shelf() === "bot" || shelf() === "history" || before)) refreshRows();
    const arrived = change.owner === "waiting" && before?.owner !== "waiting";
    const wrote = before ? change.in > before.in : true;
    const mine = change.owner === "officer" && change.officer === me;
    if (live && !change.sent) {
      if (arrived) alert_("Có người dân đang chờ cán bộ", change.id);
      else if ((mine || change.owner === "waiting") && before && wrote) alert_("Người dân vừa nhắn", change.id);
      else if (mine && !before && change.in > loadedAt) alert_("Người dân vừa nhắn", change.id);
    }
  }
  let live = false;
  const loadedAt = Date.now();
  for (const { dataset } of document.querySelectorAll(".chat-row")) {
    known.set(Number(dataset.id), { v: Number(dataset.v), owner: dataset.owner, in: Number(dataset.in) });
  }

  function alert_(words, id) {
    ring();
    if (window.Notification?.permission === "granted" && document.hidden) announce(words, id);
  }

  // By a service worker, which phones insist on; where there is none (no TLS), by the page itself.
  const announcer = () => navigator.serviceWorker?.register(desk.dataset.sw);
  async function announce(words, id) {
    const address = `/desk/c/${id}`, told = { body: `Người dân ${id}`, tag: `chat-${id}`, data: { address } };
    try {
      const worker = await announcer();
      if (worker?.active) return await worker.showNotification(words, told);
      const note = new Notification(words, told);
      note.onclick = () => { window.focus(); show(address, true); note.close(); };
    } catch (error) { console.warn("no notification:", error.message); }
  }
  navigator.serviceWorker?.addEventListener("message", (event) => { if (event.data?.open) show(event.data.open, true); });

  // --- sound and notifications ----------------------------------------------------------------------------
  const sound = byId("sound");
  const soundOn = () => localStorage.getItem("desk-sound") !== "off";
  const awake = () => audio?.state === "running";
  // Browsers let a page make a sound only after somebody touched it: until then the button says so.
  function drawSound() {
    sound.textContent = !soundOn() ? "Chuông: tắt" : awake() ? "Chuông: bật" : "Bật chuông";
  }
  function wake() {
    audio ??= new (window.AudioContext || window.webkitAudioContext)();
    audio.onstatechange = drawSound;
    return audio.resume().catch(() => {});
  }
  sound.addEventListener("click", async () => {
    const justWoken = Date.now() - woken < 1000;  // by this very click
    woken = 0;
    localStorage.setItem("desk-sound", soundOn() && !justWoken ? "off" : "on");
    await wake();
    drawSound();
    ring();
    rung = 0;  // whoever arrives right after this trial is heard
  });
  wake();
  drawSound();
  let woken = 0, rung = 0;
  for (const touch of ["pointerdown", "keydown"]) {
    document.addEventListener(touch, () => { if (!awake()) { woken = Date.now(); wake(); } });
  }
  function ring() {
    if (!soundOn() || !awake() || Date.now() - rung < 1500) return;
    rung = Date.now();
    desk.dataset.rung = String(Number(desk.dataset.rung || 0) + 1);
    [[880, 0], [660, 0.18]].forEach(([pitch, after]) => {
      const tone = audio.createOscillator(), volume = audio.createGain(), at = audio.currentTime + after;
      tone.frequency.value = pitch;
      volume.gain.setValueAtTime(0.25, at);
      volume.gain.exponentialRampToValueAtTime(0.001, at + 0.35);
      tone.connect(volume).connect(audio.destination);
      tone.start(at); tone.stop(at + 0.4);
    });
  }
  const notify = byId("notify");
  if (window.Notification?.permission === "granted") announcer()?.catch(() => {});  // ready when it is needed
  if (window.Notification && Notification.permission === "default") {
    notify.hidden = false;
    notify.addEventListener("click", async () => {
      const given = await Notification.requestPermission();
      notify.hidden = true;
      if (given === "granted") announcer()?.catch(() => {});
      byId("said").textContent = given === "granted" ? "Đã bật thông báo." : "Trình duyệt không cho hiện thông báo.";
    });
  }

  // --- the connection -----------------------------------------------------------------------------------------
  function connect() {
    source?.close();
    clearInterval(polling); polling = null;
    clearTimeout(retry);
    const query = new URLSearchParams({ after: cursor, chat: String(openChat()), bot: ["bot", "history"].includes(shelf()) ? "1" : "0" });
    source = new EventSource(`${desk.dataset.feed}?${query}`);
    const stream = source;
    const keep = (event) => { if (event.lastEventId) cursor = event.lastEventId; };
    stream.addEventListener("message", (event) => { keep(event); heard(JSON.parse(event.data)); });
    stream.addEventListener("ready", (event) => { keep(event); live = true; desk.dataset.live = "stream"; line("Trực tuyến"); });
    stream.addEventListener("reset", (event) => { keep(event); refreshRows(); refreshChat(); });
    stream.addEventListener("out", out);
    stream.onerror = () => {
      desk.dataset.live = "off";
      line("Mất kết nối, đang nối lại…", true);
      if (stream.readyState === EventSource.CLOSED) poll();  // refused: too many desks, or signed out
    };
  }

  function poll() {
    if (polling) return;
    const ask = async () => {
      try {
        const response = await fetch(`${desk.dataset.changes}?after=${cursor}`, { headers: { "HX-Request": "true" } });
        if (response.status === 401) return out();
        if (!response.ok) throw new Error(String(response.status));
        const found = await response.json();
        cursor = String(found.cursor);
        desk.dataset.live = "poll";
        live = true;
        line("Trực tuyến (cập nhật mỗi 3 giây)");
        if (found.changes) found.changes.forEach(heard); else { refreshRows(); refreshChat(); }
      } catch { line("Mất kết nối, đang nối lại…", true); }
    };
    polling = setInterval(ask, POLL_MS);
    ask();
    clearTimeout(retry);
    retry = setTimeout(connect, RETRY_MS);
  }

  function out() {
    source?.close();
    clearInterval(polling);
    location.href = `/desk/sign-in?next=${encodeURIComponent(location.pathname + location.search)}`;
  }

  // --- time passes -----------------------------------------------------------------------------------------------
  const span = (ms) => {
    const minutes = Math.max(0, Math.floor(ms / 60000));
    if (minutes >= 1440) return `${Math.floor(minutes / 1440)} ngày ${Math.floor(minutes % 1440 / 60)} giờ`;
    return minutes >= 60 ? `${Math.floor(minutes / 60)} giờ ${minutes % 60} phút` : `${minutes} phút`;
  };
  function tick() {
    for (const wait of document.querySelectorAll("[data-since]")) wait.textContent = `chờ ${span(Date.now() - Number(wait.dataset.since))}`;
    const left = byId("window");
    if (left) {
      const ms = Number(left.dataset.closes) - Date.now();
      left.textContent = ms > 0 ? `Còn ${span(ms)} để nhắn` : "Đã hết hạn nhắn tin";
      if (ms <= 0 && byId("write")) refreshChat();
    }
  }
  setInterval(tick, 15000);
  window.addEventListener("online", connect);
  window.addEventListener("offline", () => {
    source?.close();
    desk.dataset.live = "off";
    line("Mất kết nối, đang nối lại…", true);
  });
  window.addEventListener("pageshow", (event) => { if (event.persisted) location.reload(); });
  addEventListener("DOMContentLoaded", () => { mark(); toEnd(); });
  mark(); toEnd(); badge(); connect();
})();
