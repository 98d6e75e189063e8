// A worker that needs REST and nothing else. Start it with an API key of the role worker:
//   BELTLINE_URL=http://127.0.0.1:8000/api/v1/namespaces/default BELTLINE_API_KEY=belt_… node worker.mjs
const { BELTLINE_URL: url, BELTLINE_API_KEY: key } = process.env;
const SLOTS = 10;
const LEASE_S = 15;

// What it has code for: a definition's name, and the function that gets the payload and the job.
const handlers = {
  greet: async ({ name }, job) => {
    await send("POST", `/workers/${worker}/progress`, { items: [{ ...job, fraction: 0.5, note: "greeting" }] });
    return `Hello ${name}!`;
  },
};

async function send(method, path, body) {
  const answer = await fetch(url + path, {
    method,
    headers: { Authorization: `Bearer ${key}`, "Content-Type": "application/json" },
    body: body && JSON.stringify(body),
  });
  if (!answer.ok) throw new Error(`${method} ${path}: ${await answer.text()}`);
  return answer.status === 204 ? null : answer.json();
}

async function run(job) {
  const { id, fence } = job;
  running.set(id, fence);
  const ended = { id, fence, outcome: "succeeded" };
  try {
    if (handlers[job.definition]) ended.result = await handlers[job.definition](job.payload, { id, fence });
    else Object.assign(ended, { outcome: "released", delay: "5s" });
  } catch (error) {
    const { name: type, message, stack: trace } = error;
    Object.assign(ended, { outcome: "failed", error: { type, message, trace } });
  }
  // A job that was lost meanwhile has left the map: another worker has it, and a late word would change nothing.
  if (running.delete(id)) await send("POST", `/workers/${worker}/settle`, { items: [ended] });
}

const running = new Map();
let stopping = false;
for (const name of Object.keys(handlers)) await send("PUT", `/definitions/${name}`, { version: "js-1" });
const opened = { name: "node", pid: process.pid, lease: `${LEASE_S}s`, concurrency: SLOTS, definitions: Object.keys(handlers) };
const { id: worker } = await send("POST", "/workers", opened);
console.log(`worker ${worker} runs ${Object.keys(handlers).join(", ")}`);
process.on("SIGTERM", () => (stopping = true)).on("SIGINT", () => (stopping = true));
const beat = async () => {
  const { lost } = await send("POST", `/workers/${worker}/beat`, { holds: [...running.keys()] });
  for (const id of lost) running.delete(id);
};
const beating = setInterval(() => beat().catch(console.error), (LEASE_S * 1000) / 3);

while (!stopping) {
  const { items } = await send("POST", `/workers/${worker}/claim`, { limit: SLOTS, wait: "1s" });
  await Promise.all(items.map((job) => run(job).catch(console.error)));
}
clearInterval(beating);
await send("DELETE", `/workers/${worker}`);
