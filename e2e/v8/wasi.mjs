// Runs a Go program built for wasip1 in V8, as go test -exec wants it: with the arguments, the environment and the files of
// this process.
//
//   GOOS=wasip1 GOARCH=wasm go test -exec "node --no-liftoff --no-wasm-tier-up --no-warnings $PWD/e2e/v8/wasi.mjs" ./rules
import { readFile } from 'node:fs/promises';
import { WASI } from 'node:wasi';

const [, , program, ...args] = process.argv;
const wasi = new WASI({
  version: 'preview1', args: [program, ...args], env: { ...process.env, PWD: process.cwd() }, preopens: { '/': '/' }, returnOnExit: true,
});
const module = await WebAssembly.compile(await readFile(program));
process.exitCode = wasi.start(await WebAssembly.instantiate(module, wasi.getImportObject()));
