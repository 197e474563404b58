// Makes JavaScript of a TypeScript file, without checking its types: node transpile.js FILE.ts FILE.js
"use strict";

const fs = require("node:fs");
const ts = require("typescript");

const [from, to] = process.argv.slice(2);
const compilerOptions = { module: ts.ModuleKind.CommonJS, target: ts.ScriptTarget.ES2022 };
const made = ts.transpileModule(fs.readFileSync(from, "utf8"), { compilerOptions, reportDiagnostics: true });
for (const one of made.diagnostics) console.error(ts.flattenDiagnosticMessageText(one.messageText, "\n"));
fs.writeFileSync(to, made.outputText);
process.exit(made.diagnostics.length ? 1 : 0);
