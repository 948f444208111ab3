// Listening: the player of one call (jump, speed), and the dock under the list of calls.

const dock = document.getElementById("dock");
const steps = document.querySelector(".player");

if (steps) {
  const audio = steps.querySelector("audio");
  const failed = steps.querySelector(".player-error");
  audio.addEventListener("error", () => { failed.textContent = audio.dataset.failed; failed.hidden = false; });
  steps.addEventListener("click", (event) => {
    const button = event.target.closest("button");
    if (!button) return;
    if (button.dataset.jump) audio.currentTime = Math.max(0, audio.currentTime + Number(button.dataset.jump));
    if (button.dataset.speed) {
      const speeds = button.dataset.speed.split(",").map(Number);
      audio.playbackRate = speeds[(speeds.indexOf(audio.playbackRate) + 1) % speeds.length];
      button.querySelector("span").textContent = `${audio.playbackRate}×`;
    }
  });
}

if (dock) {
  const audio = dock.querySelector("audio");
  const title = document.getElementById("dock-title");
  document.addEventListener("click", (event) => {
    const play = event.target.closest("[data-play]");
    if (!play || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    title.textContent = play.dataset.title;
    dock.hidden = false;
    audio.src = play.dataset.play;
    audio.play().catch(() => {}); // a failure to load is told by the error event
  });
  audio.addEventListener("error", () => { if (!dock.hidden) title.textContent = audio.dataset.failed; });
  document.getElementById("dock-close").addEventListener("click", () => {
    dock.hidden = true;
    audio.pause();
    audio.removeAttribute("src");
  });
}
