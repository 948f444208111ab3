// Times that run: <time data-since="epoch ms"> shows how long ago that is, by the box's clock;
// <time data-until="epoch ms"> how long it is until then.

let ahead = 0;

export function setClock(boxNow) {
  if (Number.isFinite(boxNow)) ahead = boxNow - Date.now();
}

export function tick() {
  const now = Date.now() + ahead;
  for (const time of document.querySelectorAll("time[data-since], time[data-until]")) {
    const { since, until } = time.dataset;
    const ms = since === undefined ? Number(until) - now : now - Number(since);
    const text = span(Math.max(0, Math.floor(ms / 1000)));
    if (time.textContent !== text) time.textContent = text;
  }
}

export function span(seconds) {
  const two = (n) => String(n).padStart(2, "0");
  const hours = Math.floor(seconds / 3600);
  const minutes = Math.floor(seconds / 60) % 60;
  return hours ? `${hours}:${two(minutes)}:${two(seconds % 60)}` : `${minutes}:${two(seconds % 60)}`;
}
