// The "Place a test call" dialog: ring, follow the call on its line, link to it when it has ended.

let awaited = null; // { line, id, before }: the call we are following
let running = [];

const dialog = document.getElementById("test-call");
const result = document.getElementById("test-call-result");

export function openTestCall(poll) {
  const button = document.getElementById("test-call-open");
  if (!dialog || !button) return;
  button.addEventListener("click", () => { say("", ""); dialog.showModal(); });
  dialog.addEventListener("click", (event) => {
    if (event.target.closest("[data-close]") || event.target === dialog) dialog.close();
  });
  dialog.querySelector("form").addEventListener("submit", (event) => {
    event.preventDefault();
    ring(event.target, poll);
  });
}

async function ring(form, poll) {
  const button = form.querySelector("button.primary");
  button.disabled = true;
  try {
    const answer = await fetch(form.action, { method: "POST", body: new FormData(form), headers: { Accept: "application/json" } });
    const body = await answer.json();
    if (answer.ok) {
      awaited = { line: body.line, id: null, before: new Set(running.map((call) => call.id)) };
      say(result.dataset.ringing.replace("{line}", body.line), "");
    } else say(body.error ?? [body.what, body.why, body.do].filter(Boolean).join(" "), "error");
  } catch (error) {
    say(String(error.message ?? error), "error");
  }
  button.disabled = false;
  poll();
}

export function follow(calls) {
  running = calls;
  if (!awaited) return;
  if (!awaited.id) {
    const call = calls.find((c) => c.line === awaited.line && !awaited.before.has(c.id));
    if (!call) return;
    awaited.id = call.id;
    say(result.dataset.running, "");
  } else if (!calls.some((c) => c.id === awaited.id)) {
    say(result.dataset.ended, "good");
    const link = document.createElement("a");
    link.href = `${result.dataset.calls}/${encodeURIComponent(awaited.id)}`;
    link.textContent = result.dataset.link;
    result.append(" ", link);
    awaited = null;
  }
}

function say(words, tone) {
  result.textContent = words;
  result.className = `result ${tone}`;
}
