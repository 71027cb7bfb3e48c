// The theme is remembered in a cookie because the server draws the figures in it.
document.getElementById("theme-switch").addEventListener("click", () => {
  const next = document.documentElement.dataset.theme === "dark" ? "light" : "dark";
  document.cookie = `harmony_theme=${next}; path=/; max-age=31536000; samesite=lax`;
  window.location.reload();
});

// The tour and the visitor's card close when one looks elsewhere or presses Escape.
const cards = ["tour", "who"].map((id) => document.getElementById(id)).filter(Boolean);
document.addEventListener("pointerdown", (event) => {
  for (const card of cards) if (!card.contains(event.target)) card.open = false;
});
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape") for (const card of cards) card.open = false;
});

// The link of a download lies inside its button: a key, or a click beside its text, reaches the button alone.
document.addEventListener("click", (event) => {
  const [pressed] = event.composedPath();
  if (pressed instanceof HTMLButtonElement) pressed.querySelector(":scope > a")?.click();
});
