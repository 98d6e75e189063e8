// Shows /openapi.json: each operation with its parameters, body, answers and a curl line.
const make = (tag, text, name) => {
  const element = document.createElement(tag);
  if (text !== undefined) element.textContent = text;
  if (name) element.className = name;
  return element;
};

const found = await (await fetch("/openapi.json")).json();

// A schema with its references followed, each at most once on the way down.
const whole = (schema, seen = []) => {
  if (Array.isArray(schema)) return schema.map((part) => whole(part, seen));
  if (schema === null || typeof schema !== "object") return schema;
  if (schema.$ref) {
    const name = schema.$ref.split("/").pop();
    return seen.includes(name) ? name : whole(found.components.schemas[name], [...seen, name]);
  }
  return Object.fromEntries(Object.entries(schema).map(([name, part]) => [name, whole(part, seen)]));
};

const curl = (path, method, operation) => {
  let url = path;
  for (const each of operation.parameters ?? []) {
    if (each.in === "path") url = url.replace(`{${each.name}}`, each.example);
  }
  const example = operation.requestBody?.content["application/json"].example;
  const lines = [`curl -X ${method.toUpperCase()} ${location.origin}${url}`];
  if (!operation.security) lines.push(`-H "Authorization: Bearer $BELTLINE_API_KEY"`);
  if (example) lines.push(`-H "Content-Type: application/json" -d '${JSON.stringify(example)}'`);
  return lines.join(" \\\n  ");
};

const table = (parameters) => {
  const element = make("table");
  for (const each of parameters) {
    const row = element.insertRow();
    row.append(make("td", each.name, "path"), make("td", each.in), make("td", each.description ?? ""));
    row.append(make("td", JSON.stringify(whole(each.schema)), "path"));
  }
  return element;
};

const shown = (path, method, operation) => {
  const element = make("details");
  const head = make("summary");
  head.append(make("span", method.toUpperCase(), "method"), make("span", path, "path"), ` ${operation.summary}`);
  element.append(head);
  element.addEventListener("toggle", () => {
    if (element.childElementCount > 1) return;
    element.append(make("p", operation.description ?? ""), make("pre", curl(path, method, operation)));
    if (operation.parameters?.length) element.append(make("h4", "Parameters"), table(operation.parameters));
    const body = operation.requestBody?.content["application/json"].schema;
    if (body) element.append(make("h4", "Body"), make("pre", JSON.stringify(whole(body), null, 2)));
    for (const [status, answer] of Object.entries(operation.responses)) {
      element.append(make("h4", `${status} ${answer.description}`));
      const schema = Object.values(answer.content ?? {})[0]?.schema;
      if (schema && status < "300") element.append(make("pre", JSON.stringify(whole(schema), null, 2)));
    }
  });
  return element;
};

const main = document.getElementById("operations");
main.textContent = "";
for (const [path, methods] of Object.entries(found.paths)) {
  for (const [method, operation] of Object.entries(methods)) main.append(shown(path, method, operation));
}

document.getElementById("filter").addEventListener("input", (event) => {
  const wanted = event.target.value.toLowerCase();
  for (const element of main.children) {
    element.hidden = !element.firstChild.textContent.toLowerCase().includes(wanted);
  }
});
