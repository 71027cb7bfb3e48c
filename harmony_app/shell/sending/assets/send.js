// Sends a file to the server as the body of one request.
const LOST = "The file did not arrive: the connection broke off. Try again.";
const PROBLEMS = {
  403: "The server does not know this page any more. Reload it and choose the file again.",
  413: "The proxy in front of the server takes no file that large. Whoever runs it can raise its limit.",
};
const TOLD = [409, 507]; // the server itself says on the page why it did not take the file

/**
 * Send a file to the address of a field.
 *
 * Resolves to "" when the server has all of it, and to what went wrong otherwise: null where the
 * page is told by the server, or where `signal` stopped it.
 */
async function sendFile(key, file, signal) {
  const address = `upload/${key}`;
  try {
    const asked = await fetch(address, { signal });
    if (!asked.ok) return PROBLEMS[asked.status] ?? LOST;
    const { token } = await asked.json();
    const answer = await fetch(address, {
      method: "POST",
      body: file,
      signal,
      headers: { "Content-Type": "application/octet-stream", "X-XSRFToken": token, "X-File-Name": encodeURIComponent(file.name) },
    });
    if (answer.ok) return "";
    return TOLD.includes(answer.status) ? null : PROBLEMS[answer.status] ?? LOST;
  } catch {
    return signal.aborted ? null : LOST;
  }
}
