// One phone: a conversation with the account through Zalo or Messenger.

import { call, clock, make, rich, upload } from "./dom.js";
import { newcomer, people, person } from "./people.js";

// Behind an account a platform names nobody, but for a persona.
const AUTHORS = { bot: "", officer: "Cán bộ", resident: "Tôi" };
const TYPING_MS = 20000;
const MENU = {
  zalo: [
    ["Bấm Quan tâm", { kind: "follow" }],
    ["Gửi ảnh giấy tờ", { kind: "image" }],
    ["Chọn ảnh để gửi…", { kind: "image", choose: true }],
    ["Gửi nhãn dán", { kind: "sticker" }],
    ["Gửi vị trí", { kind: "location" }],
    ["Gửi ghi âm", { kind: "audio" }],
    ["Gửi tệp", { kind: "file", title: "don-xin-xac-nhan.pdf" }],
    ["Bỏ quan tâm", { kind: "unfollow" }],
    ["Rút lại dữ liệu", { kind: "withdraw" }],
  ],
  facebook: [
    ["Bấm Bắt đầu", { kind: "get_started", payload: "#start" }],
    ["Gửi ảnh giấy tờ", { kind: "image" }],
    ["Chọn ảnh để gửi…", { kind: "image", choose: true }],
    ["Gửi nhãn dán", { kind: "sticker" }],
    ["Gửi vị trí", { kind: "location" }],
    ["Gửi ghi âm", { kind: "audio" }],
    ["Gửi tệp", { kind: "file" }],
    ["Thả tim tin cuối", { kind: "reaction" }],
  ],
};
const KINDS = {
  image: "Ảnh", gif: "Ảnh động", sticker: "Nhãn dán", location: "Vị trí", audio: "Ghi âm", video: "Video",
  file: "Tệp", link: "Liên kết", business_card: "Danh thiếp", fallback: "Liên kết",
};
let count = 0;

export class Phone {
  constructor(choice, changed) {
    this.choice = choice;
    this.changed = changed;
    this.number = ++count;
    this.bubbles = new Map();
    this.root = document.getElementById("phone-template").content.firstElementChild.cloneNode(true);
    const part = (selector) => this.root.querySelector(selector);
    this.talk = part(".talk");
    this.quick = part(".quick");
    this.typing = part(".typing");
    this.text = part(".text");
    this.select = part(".person");
    this.menu = part(".more");
    this.picture = part(".picture");
    this.picture.addEventListener("change", () => this.sendPicture());
    this.label(part);
    part(".composer").addEventListener("submit", (event) => {
      event.preventDefault();
      this.submit();
    });
    this.text.addEventListener("keydown", (event) => {
      if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
        event.preventDefault();
        this.submit();
      }
    });
    this.text.addEventListener("input", () => this.grow());
    for (const button of this.root.querySelectorAll(".switch button")) {
      button.addEventListener("click", () => this.choose({ platform: button.dataset.platform }));
    }
    this.select.addEventListener("change", () => {
      this.choose({ person: this.select.value === "+" ? newcomer().id : this.select.value });
    });
    this.root.addEventListener("keydown", (event) => {
      if (event.key === "Escape" && this.menu.open) {
        this.menu.open = false;
        this.menu.firstElementChild.focus();
      }
    });
    new ResizeObserver(() => this.scroll()).observe(this.talk);
    this.show();
  }

  scroll() { this.talk.scrollTop = this.talk.scrollHeight; }

  label(part) {
    this.text.id = `text-${this.number}`;
    part(".text-label").htmlFor = this.text.id;
    this.select.id = `person-${this.number}`;
    part(".person-label").htmlFor = this.select.id;
  }

  get platform() { return this.choice.platform; }
  get person() { return person(this.choice.person); }
  get userId() { return this.person[this.platform]; }

  choose(change) {
    Object.assign(this.choice, change);
    this.changed();
    this.show();
  }

  show() {
    const { platform, person: who } = this;
    const account = document.body.dataset[`${platform}Name`];
    this.root.dataset.platform = platform;
    this.root.dataset.user = this.userId;
    this.root.setAttribute("aria-label", `Điện thoại của ${who.name}, ${platform === "zalo" ? "Zalo" : "Messenger"}`);
    this.root.querySelector(".account").textContent = account;
    this.root.querySelector(".status").textContent =
      platform === "zalo" ? "Zalo · Tài khoản chính thức" : "Messenger · Trang của cơ quan nhà nước";
    this.talk.setAttribute("aria-label", `Cuộc trò chuyện của ${who.name} với ${account}`);
    for (const button of this.root.querySelectorAll(".switch button")) {
      button.setAttribute("aria-pressed", String(button.dataset.platform === platform));
    }
    this.select.replaceChildren(
      ...people().map((one) => make("option", { value: one.id, selected: one.id === who.id }, one.name)),
      make("option", { value: "+" }, "Người mới…"),
    );
    this.root.querySelector(".menu").replaceChildren(...MENU[platform].map(([title, act]) =>
      make("button", { type: "button", onclick: () => this.pick(act) }, title)));
    this.load();
  }

  async load() {
    const turn = this.turn = (this.turn || 0) + 1;
    this.clear();
    this.waiting = [];
    const { messages } = await call("GET", `/transcript/${this.platform}/${this.userId}`);
    if (turn !== this.turn) return;
    const late = this.waiting;
    this.waiting = null;
    for (const message of [...messages, ...late]) this.message(message);
    this.empty();
  }

  clear() {
    this.bubbles.clear();
    this.talk.replaceChildren();
    this.quick.replaceChildren();
    this.typing.hidden = true;
  }

  empty() {
    if (this.bubbles.size) return;
    const start = this.platform === "zalo"
      ? ["Bấm Quan tâm", { kind: "follow" }] : ["Bắt đầu", { kind: "get_started", payload: "#start" }];
    this.talk.replaceChildren(make("div", { class: "welcome" },
      make("p", {}, `${this.person.name} chưa nhắn gì.`),
      make("button", { type: "button", class: "solid", onclick: () => this.act(start[1]) }, start[0])));
  }

  concerns(data) { return data.platform === this.platform && data.user_id === this.userId; }

  message(message) {
    if (this.waiting) {
      this.waiting.push(message); // it goes behind the transcript that is being fetched
      return;
    }
    if (this.bubbles.has(message.message_id)) return;
    this.talk.querySelector(".welcome")?.remove();
    const mine = message.author === "resident", who = message.persona || AUTHORS[message.author];
    const state = make("span", { class: "state" });
    const bubble = make("div", { class: "bubble" }, ...this.content(message));
    const meta = make("p", { class: "meta" },
      make("span", { class: "author" }, who ? `${who} · ` : ""), `${clock(message.at_ms)} `, state);
    const row = make("article", { class: `message ${message.author}`, "data-message": message.message_id }, bubble);
    const stacked = message.buttons.filter((button) => button.action !== "quick");
    if (stacked.length) bubble.append(this.buttons(stacked));
    row.append(meta);
    this.bubbles.set(message.message_id, { row, state, message });
    this.talk.append(row);
    this.state(message.message_id, message.receipt === "seen" ? "Đã xem" : "");
    if (!mine) this.typing.hidden = true;
    // quick replies belong to the newest message and vanish with the next one
    this.quick.replaceChildren(...message.buttons.filter((button) => button.action === "quick")
      .map((button) => this.button(button)));
    this.scroll();
  }

  content(message) {
    const parts = [];
    if (["image", "gif", "sticker"].includes(message.kind)) parts.push(this.image(message));
    else if (message.kind in KINDS) {
      parts.push(make("p", { class: "thing" }, `${KINDS[message.kind]}${message.media_url ? ` · ${message.media_url}` : ""}`));
    }
    if (message.text) parts.push(make("p", { class: "words" }, ...rich(message.text)));
    return parts;
  }

  image(message) {
    const image = make("img", {
      src: message.media_url || document.body.dataset.sampleImage,
      alt: message.kind === "sticker" ? "Nhãn dán" : "Ảnh trong tin nhắn", loading: "lazy",
    });
    image.addEventListener("error", () => image.replaceWith(make("p", { class: "thing" }, "Không tải được ảnh.")));
    image.addEventListener("load", () => this.scroll());
    return image;
  }

  buttons(buttons) {
    return make("div", { class: "buttons" }, ...buttons.map((button) => this.button(button)));
  }

  button({ title, action, value }) {
    if (action === "url") {
      return make("a", { class: "tap", href: value, target: "_blank", rel: "noopener noreferrer" }, title,
        make("span", { class: "mark", "aria-hidden": "true" }, " ↗"));
    }
    if (action === "phone" || action === "sms") {
      return make("a", { class: "tap", href: `${action === "sms" ? "sms" : "tel"}:${value}` },
        make("span", { class: "mark", "aria-hidden": "true" }, "☎ "), title);
    }
    const kind = { quick: "quick_reply", info: "submit_info" }[action] || "payload";
    const act = kind === "submit_info" ? { kind, text: "0900000000" } : { kind, payload: value, title };
    return make("button", { type: "button", class: "tap", "data-payload": value, onclick: () => this.act(act) }, title);
  }

  pick(act) {
    this.menu.open = false;
    if (act.kind === "reaction") {
      const last = [...this.bubbles.values()].reverse().find(({ message }) => message.author !== "resident");
      if (!last) return;
      act = { ...act, message_id: last.message.message_id };
    }
    if (act.choose) this.picture.click();
    else this.act(act);
    this.text.focus();
  }

  submit() {
    const text = this.text.value.trim();
    if (!text) return;
    this.text.value = "";
    this.grow();
    this.act({ kind: "text", text });
  }

  // The picture of the file chooser, with what stands in the composer.
  async sendPicture() {
    const [file] = this.picture.files;
    this.picture.value = "";
    if (!file) return;
    const text = this.text.value.trim();
    this.text.value = "";
    this.grow();
    try {
      await this.act({ kind: "image", url: await upload(file), text });
    } catch (error) {
      this.talk.append(make("p", { class: "notice" }, `Không gửi được ảnh: ${error.message}`));
    }
  }

  async act(act) {
    try {
      await call("POST", `/residents/${this.platform}/send`,
        { ...act, user_id: this.userId, name: this.person.name, wait: false });
    } catch (error) {
      this.talk.append(make("p", { class: "notice" }, `Không gửi được: ${error.message}`));
    }
  }

  grow() {
    this.text.rows = Math.min(5, this.text.value.split("\n").length);
  }

  webhook(data) {
    if (!data.message_id) return;
    const states = {
      acknowledged: `✓ ${Math.round(data.ack_ms)} ms`, retrying: "⟳ Đang gửi lại", dropped: "✗ Không tới trợ lý",
      given_up: "✗ Không tới trợ lý",
    };
    this.state(data.message_id, states[data.state] || "", data.state !== "acknowledged");
  }

  receipt(data) {
    for (const id of data.message_ids) this.state(id, data.receipt === "seen" ? "Đã xem" : "Đã nhận");
  }

  state(messageId, text, bad = false) {
    const bubble = this.bubbles.get(messageId);
    if (!bubble) return;
    bubble.state.textContent = text ? `· ${text}` : "";
    bubble.row.classList.toggle("bad", bad);
  }

  typingNow(data) {
    const on = data.action === "typing_on";
    if (!on && data.action !== "typing_off") return;
    this.typing.hidden = !on;
    clearTimeout(this.typingTimer);
    if (on) this.typingTimer = setTimeout(() => { this.typing.hidden = true; }, TYPING_MS);
  }
}
