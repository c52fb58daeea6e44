// The router's module in V8, without a proxy: a host whose calls do as little as they can, so that what is measured is the
// module. It runs with node, as Envoy runs V8: optimised code only (--no-liftoff --no-wasm-tier-up).
//
//   node --no-liftoff --no-wasm-tier-up host.mjs MODULE BODIES CONFIGURATION ROUNDS [PROFILE]
//
// MODULE is built for wasip1 as a c-shared module. BODIES has one request a line, {"path": ..., "body": ...} with the body as
// a string. CONFIGURATION is a file with the plugin's configuration. It goes over all bodies once to warm up and then ROUNDS
// times, and prints one line of JSON: the milliseconds that proxy_on_configure took, the nanoseconds a request of each round,
// those of the longest callback that reads of a large body, the bytes of the module's memory, and the requests that were refused. All times are CPU
// time, so that what else the machine does counts little. PROFILE is a file for the profile of all rounds but the first.
import { openSync, readSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { Session } from 'node:inspector/promises';

const [, , modulePath, bodiesPath, configPath, rounds, profilePath] = process.argv;

// cpu is the CPU time of the thread that runs the module, in nanoseconds: where the system counts no better, the time of day.
const cpu = (() => {
  let file;
  try {
    file = openSync('/proc/thread-self/schedstat');
  } catch {
    return () => Number(process.hrtime.bigint());
  }
  const text = Buffer.alloc(80);
  return () => Number.parseInt(text.toString('latin1', 0, readSync(file, text, 0, text.length, 0)), 10);
})();

// telling is how large a body must be, in bytes, for its callback to be timed by itself: to ask for the time costs, too.
const telling = 64 << 10;

const encoder = new TextEncoder();
const decoder = new TextDecoder();
const configuration = await readFile(configPath);
const requests = (await readFile(bodiesPath, 'utf8')).split('\n').filter(Boolean).map((line) => {
  const { path, body } = JSON.parse(line);
  const bytes = encoder.encode(body);
  return {
    body: bytes,
    headers: headerMap([
      [':authority', 'llm.test'], [':path', path], [':method', 'POST'], [':scheme', 'http'], ['content-type', 'application/json'],
      ['content-length', String(bytes.length)], ['x-forwarded-proto', 'http'], ['x-request-id', '6f1c2d34-0000-4000-8000-000000000000'],
    ]),
  };
});
const responseHeaders = headerMap([[':status', '200'], ['content-type', 'application/json'], ['content-length', '2']]);

// headerMap is the serialised form of Proxy-Wasm: the number of pairs, their lengths, then each name and value with a NUL.
function headerMap(pairs) {
  const texts = pairs.flat().map((s) => encoder.encode(s));
  const out = new Uint8Array(4 + 4 * texts.length + texts.reduce((n, t) => n + t.length + 1, 0));
  const data = new DataView(out.buffer);
  data.setUint32(0, pairs.length, true);
  let at = 4 + 4 * texts.length;
  texts.forEach((t, i) => {
    data.setUint32(4 + 4 * i, t.length, true);
    out.set(t, at);
    at += t.length + 1;
  });
  return out;
}

let exported, bytes, data, current, refused = 0, metrics = 0;
let released; // the request at hand has been let go, or answered

// look renews the views of the memory after it has grown.
function look() {
  if (bytes === undefined || bytes.buffer !== exported.memory.buffer) {
    bytes = new Uint8Array(exported.memory.buffer);
    data = new DataView(exported.memory.buffer);
  }
}

function give(value, address, length) {
  const at = exported.malloc(value.length);
  look();
  bytes.set(value, at);
  data.setUint32(address, at, true);
  data.setUint32(length, value.length, true);
  return 0;
}

function put64(address, value) {
  look();
  data.setBigUint64(address, value, true);
  return 0;
}

const ok = () => 0;
const status = new Uint8Array([200, 0, 0, 0, 0, 0, 0, 0]);
const protocol = encoder.encode('HTTP/1.1');
const calls = {
  proxy_log(level, at, n) {
    look();
    if (level >= 3) console.error(decoder.decode(bytes.subarray(at, at + n)));
    return 0;
  },
  proxy_get_buffer_bytes(kind, start, size, address, length) {
    if (kind === 0) return give(current.body.subarray(start, start + size), address, length);
    return kind === 7 ? give(configuration, address, length) : 1;
  },
  proxy_get_header_map_pairs: (kind, address, length) => give(kind === 0 ? current.headers : responseHeaders, address, length),
  proxy_get_property(path, n, address, length) {
    look();
    return give(decoder.decode(bytes.subarray(path, path + n)) === 'request\0protocol' ? protocol : status, address, length);
  },
  proxy_call_foreign_function(name, n, argument, m, address, length) {
    look();
    data.setUint32(address, 0, true);
    data.setUint32(length, 0, true);
    return 0;
  },
  proxy_define_metric(kind, name, n, address) {
    look();
    data.setUint32(address, (metrics += 4), true);
    return 0;
  },
  proxy_send_local_response() {
    refused++;
    released = true;
    return 0;
  },
  proxy_continue_stream() {
    released = true;
    return 0;
  },
};
const system = {
  clock_time_get: (id, precision, address) => put64(address, process.hrtime.bigint()),
  random_get(at, n) {
    look();
    for (let i = 0; i < n; i++) bytes[at + i] = (i * 37) & 255;
    return 0;
  },
  args_sizes_get: (count, size) => (look(), data.setUint32(count, 0, true), data.setUint32(size, 0, true), 0),
  environ_sizes_get: (count, size) => (look(), data.setUint32(count, 0, true), data.setUint32(size, 0, true), 0),
  fd_write(file, parts, n, written) {
    look();
    let sum = 0;
    for (let i = 0; i < n; i++) {
      const at = data.getUint32(parts + 8 * i, true), size = data.getUint32(parts + 8 * i + 4, true);
      process.stderr.write(decoder.decode(bytes.slice(at, at + size)));
      sum += size;
    }
    data.setUint32(written, sum, true);
    return 0;
  },
  fd_prestat_get: () => 8, // badf: there are no files
  fd_fdstat_get: () => 8,
  proc_exit(code) {
    throw new Error(`the module ended with ${code}`);
  },
};
const answering = (known) => new Proxy(known, { get: (all, name) => all[name] ?? ok });
const module = await WebAssembly.compile(await readFile(modulePath));

// start makes a VM and configures it, and returns how many milliseconds the configuration took.
async function start() {
  const instance = await WebAssembly.instantiate(module, { env: answering(calls), wasi_snapshot_preview1: answering(system) });
  exported = instance.exports;
  look();
  exported._initialize();
  exported.proxy_on_context_create(1, 0);
  exported.proxy_on_vm_start(1, 0);
  const began = cpu();
  if (!exported.proxy_on_configure(1, configuration.length)) {
    console.error('the module refused its configuration');
    process.exit(2);
  }
  return (cpu() - began) / 1e6;
}
await start(); // this one compiles, too: a proxy does that before it starts a VM
const configured = await start();

let id = 2, longest = 0;
function request(r) {
  current = r;
  const context = id++;
  exported.proxy_on_context_create(context, 1);
  exported.proxy_on_request_headers(context, 8, 0);
  const timed = r.body.length >= telling && !profilePath;
  const time = (callback) => {
    if (!timed) return callback();
    const from = cpu(), result = callback();
    longest = Math.max(longest, cpu() - from);
    return result;
  };
  released = false;
  time(() => exported.proxy_on_request_body(context, r.body.length, 0));
  if (time(() => exported.proxy_on_request_body(context, 0, 1)) === 0) released = true;
  while (!released) time(() => exported.proxy_on_tick(1)); // it is read in turns
  exported.proxy_on_response_headers(context, 3, 0);
  exported.proxy_on_done(context);
  exported.proxy_on_log(context);
  exported.proxy_on_delete(context);
}

const profiler = new Session();
profiler.connect();
const perRequest = [];
for (const r of requests) request(r);
longest = 0;
if (profilePath) {
  await profiler.post('Profiler.enable');
  await profiler.post('Profiler.setSamplingInterval', { interval: 200 });
  await profiler.post('Profiler.start');
}
for (let round = 0; round < Number(rounds); round++) {
  const from = cpu();
  for (const r of requests) request(r);
  perRequest.push((cpu() - from) / requests.length);
}
if (profilePath) {
  const { profile } = await profiler.post('Profiler.stop');
  await writeFile(profilePath, JSON.stringify(profile));
}
console.log(JSON.stringify({ configured, perRequest, longest, memory: exported.memory.buffer.byteLength, refused }));
