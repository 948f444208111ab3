// Voice messages: a message that is played to somebody is not new any more.

for (const audio of document.querySelectorAll("audio[data-heard]")) {
  audio.addEventListener("play", () => markHeard(audio), { once: true });
}

async function markHeard(audio) {
  const body = new URLSearchParams({ csrf: document.querySelector("meta[name=csrf]").content });
  try {
    const answer = await fetch(audio.dataset.heard, { method: "POST", body, headers: { Accept: "application/json" } });
    if (!answer.ok) return;
  } catch {
    return; // it stays new: the button says so too
  }
  const row = audio.closest(".voice");
  row.classList.remove("new");
  const badge = row.querySelector(".badge");
  badge.textContent = audio.dataset.done;
  badge.className = "badge calm";
  row.querySelector(`form[action="${audio.dataset.heard}"]`)?.remove();
}
