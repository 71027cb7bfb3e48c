
// A visitor who is not signed in says who he is; the server reads the name from a cookie.
const visitor = document.getElementById("visitor");
document.getElementById("avatar")?.addEventListener("click", () => visitor?.showModal());
if (visitor) {
  const required = "required" in visitor.dataset;
  const field = visitor.querySelector("input");
  const known = field.value;
  // Enter presses the first button that submits; cancelling must not be one.
  visitor.querySelector("button[type=button]")?.addEventListener("click", () => visitor.close(""));
  visitor.addEventListener("close", () => {
    const name = field.value.trim();
    if (visitor.returnValue !== "ok" || !name) {
      field.value = known;
      if (required) visitor.showModal(); // a second Escape closes it whatever is done about the first
      return;
    }
    document.cookie = `harmony_user=${encodeURIComponent(name)}; path=/; max-age=31536000; samesite=lax`;
    window.location.reload();
  });
  if (required) {
    visitor.addEventListener("cancel", (event) => event.preventDefault());
    visitor.showModal();
  }
}
