// The live page: ask each second what changed, put it in place, say so when nobody answers.

import { morph } from "./morph.js";
import { setClock, tick } from "./tick.js";
import { follow, openTestCall } from "./testcall.js";

const page = document.getElementById("live");
const link = document.getElementById("link");
const away = document.getElementById("away");
let tag = "";
let failures = 0;
let timer = 0;

async function poll() {
  clearTimeout(timer);
  try {
    const headers = tag ? { "If-None-Match": tag } : {};
    const answer = await fetch(page.dataset.url, { headers, cache: "no-store", signal: AbortSignal.timeout(8000) });
    if (answer.status === 401) return window.location.assign(page.dataset.login);
    setClock(Number(answer.headers.get("X-Callbox-Now") ?? NaN));
    if (answer.status === 304) connected();
    else if (answer.ok) show(answer.headers.get("ETag"), await answer.json());
    else disconnected(await answer.json().catch(() => null));
  } catch {
    disconnected(null);
  }
  timer = setTimeout(poll, document.hidden ? 5000 : Math.min(1000 * (1 + failures), 5000));
}

function show(newTag, live) {
  tag = newTag;
  for (const [name, html] of Object.entries(live.panels)) morph(document.getElementById(`panel-${name}`), html);
  tick();
  follow(live.calls);
  connected();
}

function connected() {
  failures = 0;
  away.replaceChildren();
  link.classList.remove("away");
  if (link.textContent !== link.dataset.ok) link.textContent = link.dataset.ok;
}

function disconnected(notice) {
  failures += 1;
  tag = "";
  if (failures < 2 && !notice) return; // one lost answer is not worth a banner
  link.classList.add("away");
  if (link.textContent !== link.dataset.away) link.textContent = link.dataset.away;
  const said = notice?.what ?? page.dataset.lost;
  if (away.querySelector(".trouble-what")?.textContent === said) return;
  const banner = document.getElementById("away-template").content.cloneNode(true);
  banner.querySelector(".trouble-what").textContent = said;
  banner.querySelector(".trouble-why").textContent = notice?.why ?? "";
  const todo = banner.querySelector(".trouble-do");
  if (notice?.do) todo.querySelector("span").textContent = notice.do;
  else todo.remove();
  away.replaceChildren(banner);
}

// Buttons of agents: send, then look again at once.
page.addEventListener("submit", async (event) => {
  const form = event.target;
  if (form.dataset.quiet === undefined) return;
  event.preventDefault();
  const button = event.submitter ?? form.querySelector("button");
  const body = new FormData(form);
  if (button.name) body.append(button.name, button.value);
  button.disabled = true;
  form.closest("details.menu")?.removeAttribute("open");
  try {
    const answer = await fetch(form.action, { method: "POST", body, headers: { Accept: "application/json" } });
    if (!answer.ok) disconnected(await answer.json().catch(() => null));
  } catch {
    disconnected(null);
  }
  button.disabled = false;
  tag = "";
  await poll();
});

// A menu closes when something else is pressed, or with Escape.
document.addEventListener("click", (event) => closeMenus(event.target.closest("details.menu")));
document.addEventListener("keydown", (event) => { if (event.key === "Escape") closeMenus(null); });

function closeMenus(except) {
  for (const menu of document.querySelectorAll("details.menu[open]")) if (menu !== except) menu.open = false;
}

document.addEventListener("visibilitychange", () => { if (!document.hidden) poll(); });
setClock(Number(page.dataset.now));
setInterval(tick, 500);
openTestCall(poll);
poll();
