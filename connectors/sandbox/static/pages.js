// The stand-in pages: posts, and residents who comment, edit and delete.

import { call, dateClock, make, rich } from "./dom.js";
import { people } from "./people.js";

const wall = document.getElementById("wall");
const page = document.getElementById("page");
const person = document.getElementById("person");
const problem = document.getElementById("problem");
const live = document.getElementById("live");

for (const one of people()) person.append(make("option", { value: one.id }, one.name));

async function tried(work) {
  problem.hidden = true;
  try {
    await work();
  } catch (error) {
    problem.textContent = `Không làm được: ${error.message}`;
    problem.hidden = false;
  }
}

function who() {
  const chosen = people().find((one) => one.id === person.value);
  return { user_id: chosen.facebook, name: chosen.name };
}

function commentForm(label, post, parent) {
  const text = make("textarea", { rows: "2", required: true, "aria-label": label });
  return make(
    "form",
    {
      onsubmit: (event) => {
        event.preventDefault();
        tried(async () => {
          await call("POST", `/pages/posts/${post}/comments`, { ...who(), text: text.value, parent });
          await show();
        });
      },
    },
    text,
    make("button", { type: "submit", class: "plain" }, label),
  );
}

function comment(item) {
  const actions = make("p", { class: "wall-meta" });
  if (item.psid) {
    actions.append(
      make("button", { type: "button", class: "plain", onclick: () => edit(item) }, "Sửa"),
      " ",
      make("button", { type: "button", class: "plain danger", onclick: () => remove(item) }, "Xóa"),
    );
  }
  const states = [item.hidden && "đang ẩn", item.private && "đã nhắn riêng", item.edited_ms && "đã sửa"];
  const shown = states.filter(Boolean).join(", ");
  return make(
    "article",
    { class: `wall-comment${item.parent ? " answer" : ""}${item.hidden ? " hidden-comment" : ""}` },
    make("p", { class: "wall-meta" }, make("strong", {}, item.name), ` · ${dateClock(item.at_ms)}`, shown ? ` · ${shown}` : ""),
    make("p", { class: "wall-text" }, ...rich(item.text)),
    actions,
    item.parent ? null : make("details", {}, make("summary", {}, "Trả lời"), commentForm("Gửi trả lời", item.post, item.id)),
  );
}

function edit(item) {
  const text = window.prompt("Sửa bình luận", item.text);
  if (text !== null) {
    tried(async () => {
      await call("PATCH", `/pages/comments/${item.id}`, { text });
      await show();
    });
  }
}

function remove(item) {
  tried(async () => {
    await call("DELETE", `/pages/comments/${item.id}`);
    await show();
  });
}

async function show() {
  const { posts } = await call("GET", `/pages/${page.value}/posts`);
  const parts = [];
  for (const post of posts.slice(0, 20)) {
    const { comments } = await call("GET", `/pages/posts/${post.id}/comments`);
    const tops = comments.filter((item) => !item.parent);
    const threads = tops.flatMap((top) => [top, ...comments.filter((item) => item.parent === top.id)]);
    parts.push(
      make(
        "article",
        { class: "wall-post" },
        make("p", { class: "wall-meta" }, dateClock(post.at_ms)),
        make("p", { class: "wall-text" }, ...rich(post.message)),
        make("div", {}, ...threads.map(comment)),
        commentForm("Bình luận", post.id, ""),
      ),
    );
  }
  wall.replaceChildren(...(parts.length ? parts : [make("p", {}, "Trang chưa có bài nào.")]));
}

document.getElementById("by-hand").addEventListener("submit", (event) => {
  event.preventDefault();
  const text = document.getElementById("post-text");
  tried(async () => {
    await call("POST", `/pages/${page.value}/posts`, { message: text.value });
    text.value = "";
    await show();
  });
});

page.addEventListener("change", () => tried(show));

// What is being written must not be lost when something happens on the page.
const busy = () => [...wall.querySelectorAll("textarea")].some((area) => area.value);
const feed = new EventSource("/sandbox/feed");
feed.onopen = () => { live.textContent = "Đang trực tiếp"; live.classList.add("on"); };
feed.onerror = () => { live.textContent = "Mất kết nối, đang nối lại…"; live.classList.remove("on"); };
feed.onmessage = (event) => {
  const { type } = JSON.parse(event.data);
  if ((type === "post" || type === "comment" || type === "reset") && !busy()) tried(show);
};

tried(show);
