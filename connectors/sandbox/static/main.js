// Puts the phones on the page and keeps them live over one event stream.

import { call, remember } from "./dom.js";
import { Phone } from "./phone.js";
import { Tools } from "./tools.js";

const WIDE = window.matchMedia("(min-width: 1000px)");
const board = document.getElementById("phones");
const live = document.getElementById("live");
const choices = remember("phones") || [
  { platform: "zalo", person: "ba-sau" },
  ...(WIDE.matches ? [{ platform: "facebook", person: "anh-tam" }] : []),
];
const phones = [];
const subscribed = {};
const tools = new Tools(phones);

function save() {
  remember("phones", choices);
  tools.refresh();
}

function add(choice) {
  const phone = new Phone(choice, save);
  phones.push(phone);
  phone.root.querySelector(".close").addEventListener("click", () => {
    if (phones.length === 1) return;
    phones.splice(phones.indexOf(phone), 1);
    choices.splice(choices.indexOf(choice), 1);
    phone.root.remove();
    counted();
  });
  board.append(phone.root);
  counted();
}

function counted() {
  board.dataset.count = String(phones.length);
  save();
}

for (const choice of choices) add(choice);

document.getElementById("add-phone").addEventListener("click", () => {
  const choice = { platform: phones.length % 2 ? "facebook" : "zalo", person: "chi-lan" };
  choices.push(choice);
  add(choice);
  phones.at(-1).root.scrollIntoView({ block: "nearest", inline: "end" });
  phones.at(-1).text.focus();
});

const toggle = document.getElementById("toggle-tools");
toggle.addEventListener("click", () => {
  const open = document.body.classList.toggle("with-tools");
  toggle.setAttribute("aria-expanded", String(open));
  toggle.textContent = open ? "Đóng công cụ" : "Công cụ";
});

async function refresh() {
  const state = await call("GET", "/state");
  tools.time(state.now_ms);
  tools.faults(state.faults);
  Object.assign(subscribed, state.subscribed);
  tools.subscription(subscribed);
}

const handlers = {
  message: (data) => phones.filter((phone) => phone.concerns(data)).forEach((phone) => phone.message(data)),
  receipt: (data) => phones.forEach((phone) => phone.receipt(data)),
  typing: (data) => phones.filter((phone) => phone.concerns(data)).forEach((phone) => phone.typingNow(data)),
  webhook: (data) => {
    tools.webhook(data);
    phones.filter((phone) => phone.concerns(data)).forEach((phone) => phone.webhook(data));
  },
  send: (data) => tools.send(data),
  faults: (data) => tools.faults(data.faults),
  subscription: (data) => {
    subscribed[data.platform] = data.subscribed;
    tools.subscription(subscribed);
  },
  reset: () => {
    phones.forEach((phone) => phone.load());
    refresh();
  },
  hello: () => {
    // the first thing after every (re)connection: what was missed comes from the transcripts
    live.textContent = "Đang nối";
    live.classList.add("on");
    document.body.dataset.live = "on";
    phones.forEach((phone) => phone.load());
    refresh();
  },
};

const feed = new EventSource("/sandbox/feed");
feed.addEventListener("message", (event) => {
  const { type, data } = JSON.parse(event.data);
  handlers[type]?.(data);
});
feed.addEventListener("error", () => {
  live.textContent = "Mất kết nối, đang thử lại…";
  live.classList.remove("on");
  document.body.dataset.live = "off";
});
