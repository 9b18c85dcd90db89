// Writing: prepared replies by "/", answers from the data, "is typing", the keyboard.
"use strict";
(() => {
  const root = () => document.getElementById("desk");
  const chat = () => document.getElementById("chat");
  const byId = (id) => document.getElementById(id);
  const TYPING_MS = 5000;
  let fetching = null, shown = [], chosen = 0, typedAt = 0;

  const bare = (text) => text.toLowerCase().normalize("NFD").replace(/[\u0300-\u036f]/g, "").replace(/đ/g, "d");

  function csrf() { return document.querySelector('meta[name="csrf-token"]').content; }

  function insert(text, replaceAll) {
    const box = byId("text");
    if (!box) return;
    box.value = replaceAll ? text : (box.value.trim() ? `${box.value.trimEnd()}\n${text}` : text);
    keep(box.value);
    box.focus();
    box.setSelectionRange(box.value.length, box.value.length);
    box.rows = Math.min(12, Math.max(3, box.value.split("\n").length + 1));
  }

  async function offer() {
    const asked = () => byId("text")?.value.match(/^\/(\S*)$/);
    if (!asked()) return close();
    fetching ??= fetch(root().dataset.canned).then((response) => response.json()).catch(() => { fetching = null; return []; });
    const canned = await fetching, wanted = asked();
    if (!wanted) return close();  // something else was written meanwhile
    const words = bare(wanted[1]);
    shown = canned.filter((one) => one.folded.includes(words)).slice(0, 12);
    chosen = 0;
    draw();
  }

  function draw() {
    const list = byId("canned-list"), box = byId("text");
    list.replaceChildren(...shown.map((one, at) => {
      const item = document.createElement("li");
      item.id = `canned-${at}`;
      item.setAttribute("role", "option");
      item.setAttribute("aria-selected", String(at === chosen));
      item.textContent = `/${one.shortcut} – ${one.title}`;
      item.addEventListener("mousedown", (event) => { event.preventDefault(); take(at); });
      return item;
    }));
    if (!shown.length) list.textContent = "Không có câu mẫu nào khớp.";
    byId("canned").hidden = false;
    if (shown.length) box.setAttribute("aria-activedescendant", `canned-${chosen}`);
  }

  function close() {
    const box = byId("canned");
    if (box) box.hidden = true;
    byId("text")?.removeAttribute("aria-activedescendant");
  }

  function take(at) {
    if (shown[at]) insert(shown[at].text, true);
    close();
  }

  document.addEventListener("input", (event) => {
    if (event.target.id !== "text") return;
    offer();
    if (event.target.value.trim() && !event.target.value.startsWith("/") && Date.now() - typedAt > TYPING_MS) {
      typedAt = Date.now();
      fetch(chat().dataset.typing, { method: "POST", headers: { "X-CSRFToken": csrf(), "HX-Request": "true" } }).catch(() => {});
    }
  });

  document.addEventListener("click", async (event) => {
    const button = event.target.closest("#procedures button[data-code]");
    if (!button) return;
    const { code, aspect, page } = button.dataset;
    const found = await (await fetch(`${root().dataset.answer}?${new URLSearchParams({ code, aspect, page })}`)).json();
    insert(found.text);
    if (found.more) {
      button.dataset.page = String(Number(page) + 1);
      button.textContent = `${button.textContent.replace(/ \(trang \d+\)$/, "")} (trang ${button.dataset.page})`;
    } else byId("answers").open = false;
  });

  function showImage() {
    const file = byId("image").files[0];
    byId("image-name").textContent = file ? `Ảnh: ${file.name}` : "Thêm ảnh";
    byId("no-image").hidden = !file;
  }
  document.addEventListener("change", (event) => { if (event.target.id === "image") showImage(); });
  document.addEventListener("click", (event) => {
    if (event.target.id !== "no-image") return;
    byId("image").value = "";
    showImage();
    byId("text").focus();
  });
  // A picture from the clipboard goes the same way as a chosen one.
  document.addEventListener("paste", (event) => {
    const files = event.clipboardData?.files;
    if (event.target.id !== "text" || !files?.length || !/^image\/(jpeg|png)$/.test(files[0].type)) return;
    event.preventDefault();
    byId("image").files = files;
    showImage();
  });

  // What was begun in one chat waits there while others are looked at; until the tab closes or one signs out.
  const place = () => `draft-${root().dataset.me}-${chat().dataset.id}`;
  function keep(text) { if (text) sessionStorage.setItem(place(), text); else sessionStorage.removeItem(place()); }
  function restore() {
    const box = byId("text"), draft = box && sessionStorage.getItem(place());
    if (draft && !box.value) box.value = draft;
  }
  document.addEventListener("input", (event) => { if (event.target.id === "text") keep(event.target.value); });
  document.addEventListener("desk:opened", restore);
  document.addEventListener("htmx:afterRequest", (event) => {
    if (event.detail.elt.id === "write" && event.detail.successful && byId("text")) keep(byId("text").value);
  });
  restore();

  // Whoever types on while a message is on its way loses nothing: the rest goes into the next one.
  let sent = null;  // the form as it went out: {text, file}
  let late = null;
  const written = () => ({ text: byId("text")?.value || "", file: byId("image")?.files[0] });
  document.addEventListener("htmx:beforeRequest", (event) => { if (event.detail.elt.id === "write") sent = written(); });
  document.addEventListener("htmx:oobBeforeSwap", (event) => {
    if (event.detail.target.id !== "composer" || !sent) return;
    const now = written();
    late = {
      text: now.text.startsWith(sent.text) ? now.text.slice(sent.text.length) : "",
      files: now.file && now.file !== sent.file ? byId("image").files : null,
    };
  });
  document.addEventListener("htmx:oobAfterSwap", (event) => {
    if (event.detail.target.id !== "composer") return;
    const box = byId("text");
    if (box && late?.text && !box.value) box.value = late.text;
    if (box && late?.files) { byId("image").files = late.files; showImage(); }
    sent = late = null;
  });

  // One drop-down at a time; a click elsewhere closes it.
  document.addEventListener("click", (event) => {
    for (const drop of document.querySelectorAll("details.drop[open]")) {
      if (!drop.contains(event.target)) drop.open = false;
    }
  });

  function inList(event) {
    const box = byId("canned");
    if (!box || box.hidden || event.target.id !== "text" || event.ctrlKey || event.metaKey) return false;
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      chosen = (chosen + (event.key === "ArrowDown" ? 1 : shown.length - 1)) % Math.max(1, shown.length);
      draw();
    } else if (event.key === "Enter" || event.key === "Tab") take(chosen);
    else if (event.key === "Escape") close();
    else return false;
    event.preventDefault();
    return true;
  }

  function step(by) {
    const rows = [...document.querySelectorAll(".chat-row")];
    if (!rows.length) return;
    const at = rows.findIndex((row) => row === document.activeElement);
    const from = at >= 0 ? at : rows.findIndex((row) => row.classList.contains("here"));
    rows[Math.min(rows.length - 1, Math.max(0, from + by))].focus();
  }

  document.addEventListener("keydown", (event) => {
    if (event.isComposing || inList(event)) return;
    if (event.target.id === "text" && event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      byId("write").requestSubmit();
      return;
    }
    if (event.key === "Escape") {
      document.querySelectorAll("details.drop[open]").forEach((drop) => { drop.open = false; drop.querySelector("summary").focus(); });
      if (event.target.matches("textarea, input")) event.target.blur();
      return;
    }
    if (event.target.matches("input, textarea, select") || event.ctrlKey || event.altKey || event.metaKey || byId("keys")?.open) return;
    const act = {
      j: () => step(1), k: () => step(-1),
      ArrowDown: () => event.target.closest(".story") || step(1), ArrowUp: () => event.target.closest(".story") || step(-1),
      t: () => byId("do-claim")?.click(), r: () => byId("text")?.focus(), g: () => byId("do-release")?.focus(),
      n: () => { const notes = byId("notes"); if (notes) { notes.open = true; notes.querySelector("textarea").focus(); } },
      "/": () => { const box = byId("text"); if (box) { box.focus(); if (!box.value) { box.value = "/"; offer(); } } },
      "?": () => byId("keys")?.showModal(),
    }[event.key];
    if (act && act() !== event.target.closest(".story") || (act && !event.key.startsWith("Arrow"))) event.preventDefault();
  });

  byId("help")?.addEventListener("click", () => byId("keys").showModal());
})();
