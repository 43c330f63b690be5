// Shows /openapi.json. Everything is set as text, never as markup.
"use strict";

const element = (name, properties = {}, ...children) => {
  const made = Object.assign(document.createElement(name), properties);
  made.append(...children.filter((child) => child !== null && child !== ""));
  return made;
};

const nameOf = (schema) => (schema.$ref || "").split("/").pop();

const words = (schema) => {
  if (!schema || Object.keys(schema).length === 0) return "anything";
  if (schema.$ref) return nameOf(schema);
  if (schema.enum) return schema.enum.map((value) => JSON.stringify(value)).join(" | ");
  const choices = schema.anyOf || schema.oneOf;
  if (choices) return choices.map(words).join(" | ");
  if (schema.type === "array") return `list of ${words(schema.items || {})}`;
  const bounds = [
    ["minimum", "≥"], ["maximum", "≤"], ["minLength", "length ≥"], ["maxLength", "length ≤"],
    ["pattern", "like"], ["format", ""],
  ].filter(([key]) => key in schema).map(([key, sign]) => `${sign} ${schema[key]}`.trim());
  const type = Array.isArray(schema.type) ? schema.type.join(" | ") : schema.type || "anything";
  return [type, ...bounds].join(", ");
};

const fields = (schema) => {
  if (!schema.properties) return element("p", {}, words(schema));
  const rows = Object.entries(schema.properties).map(([name, inside]) => {
    const needed = (schema.required || []).includes(name);
    return element("tr", {},
      element("td", {}, element("code", {}, name), needed ? " (required)" : ""),
      element("td", {}, link(inside)),
      element("td", {}, inside.description || ""));
  });
  return element("table", {}, element("tbody", {}, ...rows));
};

const link = (schema) => {
  const inner = schema.type === "array" ? schema.items || {} : schema;
  if (!inner.$ref) return words(schema);
  return element("a", { href: `#schema-${nameOf(inner)}` }, words(schema));
};

const part = (title, ...inside) =>
  element("details", {}, element("summary", {}, title), ...inside);

const operationSection = (path, method, operation) => {
  const made = element("section", { id: operation.operationId });
  made.append(
    element("h3", {}, operation.summary),
    element("p", {}, element("span", { className: "method" }, method.toUpperCase()), " ",
      element("code", {}, path)));
  if (operation.description) made.append(element("p", {}, operation.description));
  made.append(element("p", { className: "soft" },
    operation["x-scope"] ? `Scope: ${operation["x-scope"]}` : "No key needed."));
  if (operation.parameters) {
    const rows = operation.parameters.map((one) => element("tr", {},
      element("td", {}, element("code", {}, one.name), one.required ? " (required)" : ""),
      element("td", {}, one.in), element("td", {}, words(one.schema)),
      element("td", {}, one.description || "")));
    made.append(element("h4", {}, "Parameters"),
      element("table", {}, element("tbody", {}, ...rows)));
  }
  if (operation.requestBody) {
    const schema = operation.requestBody.content["application/json"].schema;
    made.append(element("p", {}, "Body: ", link(schema)));
  }
  const answers = Object.entries(operation.responses).map(([status, answer]) => {
    const content = Object.values(answer.content || {})[0] || {};
    return element("tr", {}, element("td", {}, status),
      element("td", {}, content.schema ? link(content.schema) : ""),
      element("td", {}, answer.description));
  });
  made.append(part("Answers", element("table", {}, element("tbody", {}, ...answers))));
  return made;
};

const show = (api) => {
  document.getElementById("about").textContent = `${api.info.description} ${api.info.version}`;
  const contents = document.getElementById("contents");
  const main = document.getElementById("operations");
  const groups = new Map(api.tags.map((tag) => [tag.name, []]));
  for (const [path, methods] of Object.entries(api.paths))
    for (const [method, operation] of Object.entries(methods))
      groups.get(operation.tags[0]).push([path, method, operation]);
  for (const [tag, found] of groups) {
    contents.append(element("h2", {}, tag));
    main.append(element("h2", {}, tag));
    for (const [path, method, operation] of found) {
      contents.append(element("a", { href: `#${operation.operationId}` }, operation.summary));
      main.append(operationSection(path, method, operation));
    }
  }
  main.append(element("h2", {}, "Types"));
  contents.append(element("h2", {}, "Types"));
  for (const [name, schema] of Object.entries(api.components.schemas)) {
    contents.append(element("a", { href: `#schema-${name}` }, name));
    const section = element("section", { id: `schema-${name}` }, element("h3", {}, name));
    if (schema.description) section.append(element("p", {}, schema.description));
    const choices = schema.oneOf || schema.anyOf;
    section.append(choices ? element("p", {}, ...choices.flatMap((one) => [link(one), " "]))
      : fields(schema));
    main.append(section);
  }
  if (location.hash) document.getElementById(location.hash.slice(1))?.scrollIntoView();
};

document.getElementById("search").addEventListener("input", (event) => {
  const wanted = event.target.value.toLowerCase();
  for (const section of document.querySelectorAll("main section"))
    section.hidden = !section.textContent.toLowerCase().includes(wanted);
});

fetch("/openapi.json").then((answer) => answer.json()).then(show).catch((error) => {
  document.getElementById("operations").textContent = `The description cannot be read: ${error}`;
});
