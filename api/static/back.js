// What is done when a platform sends somebody back here? The sign-in is ended as whoever is signed in on this page.
//
// The platform's page brought the browser here, and with such a visit it shows none of our cookies. This page's own request
// does show them. The state begins with the workspace in which the sign-in was begun.
const asked = new URLSearchParams(location.search);
const sent = new URLSearchParams(["state", "code", "error"].filter((name) => asked.has(name)).map((name) => [name, asked.get(name)]));
const workspace = (asked.get("state") ?? "").split(".")[0];

const answer = await fetch(`/api/oauth/callback?${sent}`, { headers: { "X-Workspace": workspace } }).catch(() => null);
const body = await answer?.json().catch(() => null);
const said = document.getElementById("said");
if (answer?.ok) {
  history.replaceState(null, "", location.pathname); // the code is used up, and is nobody's business
  said.textContent = `${body.handle} on ${body.platform} is connected. You can close this page.`;
} else if (answer?.status === 401) {
  said.textContent = "Nobody is signed in to Callsheet here. If you began on the command line, paste this page's address there.";
} else {
  said.textContent = body?.detail ?? "The gateway does not answer. Begin again.";
}
said.dataset.ready = "1";
