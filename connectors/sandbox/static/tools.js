// The side panel: an officer elsewhere, faults, the clock, the log.

import { call, clockSeconds, dateClock, make } from "./dom.js";

const FAULTS = [
  ["delay", "Gửi chậm", { ms: 2000 }, "mili giây"],
  ["error_before", "Lỗi 502, tin chưa tới dân"],
  ["error_after", "Lỗi 502, tin đã tới dân"],
  ["timeout_after", "Không trả lời, tin đã tới dân", { ms: 15000 }, "mili giây"],
  ["drop_before", "Đứt kết nối, tin chưa tới dân"],
  ["rate_limit", "Vượt giới hạn tần suất", { count: 3 }, "lần"],
  ["token_expired", "Mã truy cập hết hạn", { count: 1 }, "lần"],
  ["duplicate", "Webhook gửi hai lần"],
  ["out_of_order", "Webhook đảo thứ tự"],
  ["no_echo", "Không có tin vọng lại"],
  ["no_receipt", "Không báo đã nhận, đã xem"],
];
const RECEIPTS = ["user_received_message", "user_seen_message", "delivery", "read"];
const LOG_LENGTH = 200;
const byId = (id) => document.getElementById(id);

export class Tools {
  constructor(phones) {
    this.phones = phones;
    this.active = [];
    this.rows = new Map();
    this.shift = 0;
    this.buildFaults();
    this.buildOfficer();
    byId("no-faults").addEventListener("click", () => call("DELETE", "/faults"));
    byId("retry").addEventListener("click", () => call("POST", "/retry", {}));
    byId("reset").addEventListener("click", () => {
      if (window.confirm("Xóa mọi cuộc trò chuyện và sự cố trong sandbox?")) call("POST", "/reset", {});
    });
    for (const button of document.querySelectorAll("[data-shift]")) {
      button.addEventListener("click", async () => {
        this.time((await call("POST", "/clock", { shift_ms: Number(button.dataset.shift) })).now_ms);
      });
    }
    byId("log-receipts").addEventListener("change", (event) => {
      byId("log").classList.toggle("with-receipts", event.target.checked);
    });
    setInterval(() => this.tick(), 1000);
  }

  buildFaults() {
    byId("faults").replaceChildren(...FAULTS.map(([kind, title, numbers, unit]) => {
      const toggle = make("input", { type: "checkbox", role: "switch", id: `fault-${kind}`, "data-fault": kind });
      const name = numbers && Object.keys(numbers)[0];
      const number = numbers && make("input", {
        type: "number", min: "1", value: String(numbers[name]), "aria-label": `${title}: ${unit}`,
      });
      toggle.addEventListener("change", () => {
        this.toggle(kind, toggle.checked, number ? { [name]: Number(number.value) || numbers[name] } : {});
      });
      this.rows.set(kind, toggle);
      return make("li", {}, make("label", { class: "check", for: toggle.id }, toggle, ` ${title}`),
        number && make("span", { class: "amount" }, number, ` ${unit === "lần" ? "lần" : "ms"}`));
    }));
  }

  async toggle(kind, on, numbers) {
    if (on) await call("POST", "/faults", { kind, ...numbers });
    else for (const fault of this.active) if (fault.kind === kind) await call("DELETE", `/faults/${fault.id}`);
  }

  faults(active) {
    this.active = active;
    const kinds = new Set(active.map((fault) => fault.kind));
    for (const [kind, toggle] of this.rows) toggle.checked = kinds.has(kind);
  }

  buildOfficer() {
    const choice = byId("officer-phone");
    choice.addEventListener("change", () => this.officerFor());
    byId("officer").addEventListener("submit", async (event) => {
      event.preventDefault();
      const phone = this.chosen();
      const body = { user_id: phone.userId, text: byId("officer-text").value, wait: false };
      if (phone.platform === "facebook") body.take_control = byId("officer-keep").checked;
      await call("POST", `/officers/${phone.platform}/send`, body);
    });
    byId("officer-release").addEventListener("click", () => call("POST", `/release/${this.chosen().userId}`, {}));
  }

  chosen() { return this.phones[Number(byId("officer-phone").value)] || this.phones[0]; }

  // The phones changed hands.
  refresh() {
    const choice = byId("officer-phone");
    const before = choice.value;
    choice.replaceChildren(...this.phones.map((phone, index) => make("option", { value: String(index) },
      `${phone.person.name} (${phone.platform === "zalo" ? "Zalo" : "Messenger"})`)));
    if (before && this.phones[Number(before)]) choice.value = before;
    this.officerFor();
  }

  officerFor() {
    const zalo = this.chosen().platform === "zalo";
    byId("officer-send").textContent = zalo ? "Người khác nhắn từ OA Manager" : "Người khác nhắn từ hộp thư trang";
    byId("officer-keep-row").hidden = zalo;
    byId("officer-release").hidden = zalo;
  }

  time(nowMs) {
    this.shift = nowMs - Date.now();
    this.tick();
  }

  tick() { byId("clock").textContent = dateClock(Date.now() + this.shift); }

  subscription(subscribed) {
    const box = byId("unsubscribed");
    const lost = Object.keys(subscribed).filter((platform) => !subscribed[platform]);
    box.hidden = !lost.length;
    box.replaceChildren(...lost.map((platform) => make("p", {},
      `${platform === "zalo" ? "Zalo" : "Facebook"} đã ngừng gửi webhook vì trợ lý không nhận. `,
      make("button", { type: "button", class: "plain", onclick: () => call("POST", `/subscribe/${platform}`, {}) }, "Gửi lại từ bây giờ"))));
  }

  webhook(data) {
    const result = data.status || data.error || data.state;
    const line = `${data.event} → ${result} · ${Math.round(data.ack_ms)} ms${data.attempts > 1 ? ` · lần ${data.attempts}` : ""}${data.copy_of ? " · bản trùng" : ""}`;
    const path = data.number ? `/webhooks?after=${data.number - 1}&limit=1` : "";
    this.log("webhook", data, line, data.status !== 200, path, (answer) => answer.webhooks[0]?.body);
  }

  send(data) {
    const line = `Gửi → ${data.outcome}${data.copy > 1 ? ` · trùng lần ${data.copy}` : ""}`;
    this.log("send", data, line, data.outcome !== "ok", `/sends?after=${data.number - 1}&limit=1&timeout=0`,
      (answer) => JSON.stringify(answer.sends[0]?.body));
  }

  log(kind, data, line, bad, path, body) {
    const more = make("pre", {});
    const details = make("details", {},
      make("summary", {}, make("span", { class: `tag ${data.platform}` }, data.platform === "zalo" ? "Zalo" : "FB"),
        ` ${clockSeconds(Date.now() + this.shift)} `, line), more);
    if (path) {
      details.addEventListener("toggle", async () => {
        if (!details.open || more.textContent) return;
        const text = body(await call("GET", path)) || "";
        try { more.textContent = JSON.stringify(JSON.parse(text), null, 1); } catch { more.textContent = text; }
      });
    }
    const receipt = RECEIPTS.includes(data.event) ? " receipt" : "";
    const list = byId("log");
    list.prepend(make("li", { class: `${kind}${bad ? " bad" : ""}${receipt}` }, details));
    while (list.children.length > LOG_LENGTH) list.lastElementChild.remove();
  }
}
