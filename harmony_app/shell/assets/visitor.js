
// A visitor who is not signed in says who he is; the server reads the name from a cookie.
const visitor = document.getElementById("visitor");
document.getElementById("avatar").addEventListener("click", () => visitor?.showModal());
if (visitor) {
  visitor.addEventListener("close", () => {
    const name = visitor.querySelector("input").value.trim();
    if (visitor.returnValue !== "ok" || !name) return;
    document.cookie = `harmony_user=${encodeURIComponent(name)}; path=/; max-age=31536000; samesite=lax`;
    window.location.reload();
  });
  if ("required" in visitor.dataset) {
    visitor.addEventListener("cancel", (event) => event.preventDefault());
    visitor.showModal();
  }
}
