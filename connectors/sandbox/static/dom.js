// Small helpers: elements without innerHTML, JSON calls, Vietnamese times.

export function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name === "class") element.className = value;
    else if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (value === true) element.setAttribute(name, "");
    else if (value !== false && value !== null && value !== undefined) element.setAttribute(name, value);
  }
  element.append(...children.filter((child) => child !== null && child !== undefined));
  return element;
}

export async function call(method, path, body) {
  const options = { method, headers: { "Content-Type": "application/json" } };
  if (body !== undefined) options.body = JSON.stringify(body);
  const answer = await fetch(`/sandbox/api${path}`, options);
  const data = await answer.json();
  if (!answer.ok) throw new Error(typeof data.error === "string" ? data.error : `HTTP ${answer.status}`);
  return data;
}

// Puts a picture where the sandbox keeps what residents send; answers its address.
export async function upload(file) {
  const answer = await fetch("/sandbox/api/media", { method: "POST", body: file });
  const data = await answer.json();
  if (!answer.ok) throw new Error(data.error);
  return data.url;
}

const clockFormat = new Intl.DateTimeFormat("vi-VN", {
  hour: "2-digit", minute: "2-digit", timeZone: "Asia/Ho_Chi_Minh",
});
const secondsFormat = new Intl.DateTimeFormat("vi-VN", {
  hour: "2-digit", minute: "2-digit", second: "2-digit", timeZone: "Asia/Ho_Chi_Minh",
});
const dateFormat = new Intl.DateTimeFormat("vi-VN", {
  day: "2-digit", month: "2-digit", year: "numeric", hour: "2-digit", minute: "2-digit",
  timeZone: "Asia/Ho_Chi_Minh",
});

export const clock = (ms) => clockFormat.format(new Date(ms));
export const clockSeconds = (ms) => secondsFormat.format(new Date(ms));
export const dateClock = (ms) => dateFormat.format(new Date(ms));

const link = /https?:\/\/[^\s<>"']*[^\s<>"'.,;:!?)\]]/g;

// Text with its links made tappable.
export function rich(text) {
  const parts = [];
  let end = 0;
  for (const found of text.matchAll(link)) {
    parts.push(text.slice(end, found.index));
    parts.push(make("a", { href: found[0], target: "_blank", rel: "noopener noreferrer" }, found[0]));
    end = found.index + found[0].length;
  }
  parts.push(text.slice(end));
  return parts;
}

export function remember(key, value) {
  try {
    if (value === undefined) return JSON.parse(localStorage.getItem(`sandbox.${key}`));
    localStorage.setItem(`sandbox.${key}`, JSON.stringify(value));
  } catch {
    // a browser that keeps nothing still works, it only forgets
  }
  return null;
}
