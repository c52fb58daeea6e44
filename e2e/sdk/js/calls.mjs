// Makes all calls of a list with one of the SDKs for JavaScript, one after the other, and prints one row for each.
//
//     node calls.mjs PACKAGE CALLS_JSON BASE_URL
//
// PACKAGE is the folder in node_modules beside this file, such as openai-5. A call is good when the answer has the shape
// that the SDK promises, has text, and names a model other than the "auto" that was asked for; where the list gives a
// status, when the SDK throws its error for that status. Exit code 1 when a call is not good.
import { readFileSync } from "node:fs";

const [name, callsFile, baseURL] = process.argv.slice(2);
const { default: OpenAI } = await import(name);
const { version } = JSON.parse(readFileSync(new URL(`node_modules/${name}/package.json`, import.meta.url)));
const label = `openai-node-${version}`;
const client = new OpenAI({ baseURL: baseURL + "/v1", apiKey: "none", maxRetries: 0, timeout: 30_000 });

// find returns the method with this dotted name, bound to its object, or undefined if this version has none. What older
// versions had under beta counts, too.
function find(dotted) {
  const path = dotted.split(".");
  for (const prefix of [[], ["beta"]]) {
    let object, value = client;
    for (const step of [...prefix, ...path]) [object, value] = [value, value?.[step]];
    if (typeof value === "function") return value.bind(object);
  }
}

// read returns the model and the text of an answer.
async function read(call, result) {
  if (call.method.endsWith(".stream")) {
    const final = result.finalChatCompletion ?? result.finalResponse;
    return readObject(await final.call(result));
  }
  return call.args.stream ? readStream(await result) : readObject(await result);
}

// The final response of the stream helper has output_text only from 6 on.
function readObject(answer) {
  if (answer.data) return [answer.data[0].id, `${answer.data.length} models`];
  if (answer.object === "response") return [answer.model, answer.output_text ?? answer.output[0].content[0].text];
  const [choice] = answer.choices;
  return [answer.model, choice.message ? choice.message.content : choice.text];
}

async function readStream(stream) {
  let model = "", text = "";
  for await (const event of stream) {
    if (event.type === "response.created") model = event.response.model;
    else if (event.type === "response.output_text.delta") text += event.delta;
    else if (event.choices) {
      model = event.model;
      for (const choice of event.choices) text += (choice.delta ? choice.delta.content : choice.text) ?? "";
    }
  }
  return [model, text];
}

// judge makes a call and returns ok, skip or FAILED, and what to print beside it: the model, or what happened instead.
async function judge(call) {
  const wanted = call.status ?? 200;
  const method = find(call.method);
  if (!method) return ["skip", "not in this version"];
  const headers = { "x-case": `${label}/${call.name}` };
  let model, text;
  try {
    // There is no extra_body in JavaScript: what the SDK does not know stands among the other members.
    const body = { ...call.args, ...call.extra_body };
    [model, text] = await read(call, call.method === "models.list" ? method({ headers }) : method(body, { headers }));
  } catch (e) {
    if (e.status) return [e.status === wanted ? "ok" : "FAILED", `status ${e.message}`];
    return ["FAILED", `${e.name}: ${e.message}${e.cause ? ` (${e.cause.message ?? e.cause})` : ""}`];
  }
  if (wanted !== 200) return ["FAILED", `answered by "${model}", not refused with ${wanted}`];
  if (!model || model === "auto" || !text)
    return ["FAILED", `the answer names the model "${model}" and has the text "${text}"`];
  return ["ok", model];
}

let failed = 0;
for (const call of JSON.parse(readFileSync(callsFile, "utf8"))) {
  const [verdict, what] = await judge(call);
  if (verdict === "FAILED") failed++;
  console.log(`${verdict.padEnd(6)} ${label.padEnd(24)} ${call.name.padEnd(24)} ${what}`);
}
process.exit(failed ? 1 : 0);
