// Times that run: <time data-since="epoch ms"> shows how long ago that is, by the box's clock.

let ahead = 0;

export function setClock(boxNow) {
  if (Number.isFinite(boxNow)) ahead = boxNow - Date.now();
}

export function tick() {
  const now = Date.now() + ahead;
  for (const time of document.querySelectorAll("time[data-since]")) {
    const text = span(Math.max(0, Math.floor((now - Number(time.dataset.since)) / 1000)));
    if (time.textContent !== text) time.textContent = text;
  }
}

export function span(seconds) {
  const two = (n) => String(n).padStart(2, "0");
  const hours = Math.floor(seconds / 3600);
  const minutes = Math.floor(seconds / 60) % 60;
  return hours ? `${hours}:${two(minutes)}:${two(seconds % 60)}` : `${minutes}:${two(seconds % 60)}`;
}
