// The theme is remembered in a cookie because the server draws the figures in it.
document.getElementById("theme-switch").addEventListener("click", () => {
  const next = document.documentElement.dataset.theme === "dark" ? "light" : "dark";
  document.cookie = `harmony_theme=${next}; path=/; max-age=31536000; samesite=lax`;
  window.location.reload();
});

// The tour closes when one looks elsewhere or presses Escape.
const tour = document.getElementById("tour");
document.addEventListener("pointerdown", (event) => {
  if (tour && !tour.contains(event.target)) tour.open = false;
});
document.addEventListener("keydown", (event) => {
  if (tour && event.key === "Escape") tour.open = false;
});
