// Tells the server once that this place of the page has come into sight.
export function render({ model }) {
  const place = document.createElement("div");
  place.setAttribute("aria-hidden", "true");
  place.style.height = "1px";
  const observer = new IntersectionObserver((entries) => {
    if (!entries.some((entry) => entry.isIntersecting)) return;
    observer.disconnect();
    model.send_msg({ seen: true });
  });
  observer.observe(place);
  return place;
}
