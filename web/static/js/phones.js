// The page of phones: look every few seconds who asks; leave alone what somebody is choosing in.

import { morph } from "./morph.js";

const panel = document.getElementById("asking");

async function poll() {
  try {
    if (!document.hidden && !panel.contains(document.activeElement)) {
      const answer = await fetch(panel.dataset.url, { cache: "no-store", signal: AbortSignal.timeout(8000) });
      if (answer.ok && !answer.redirected && !panel.contains(document.activeElement)) morph(panel, await answer.text());
    }
  } catch { /* the next look will tell */ }
  setTimeout(poll, 3000);
}

setTimeout(poll, 3000);
