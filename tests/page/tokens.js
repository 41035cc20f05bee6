/**
 * Whether two scripts are the same but for comments and white space.
 *
 *     node tokens.js ONE OTHER [ONE OTHER ...]
 *
 * Prints the pairs that differ, and exits with 1 where there are any.
 */

import { readFileSync } from "node:fs";

import ts from "typescript";

/** @param {string} file */
function tokens(file) {
  const source = readFileSync(file, "utf8");
  const parsed = ts.createSourceFile(file, source, ts.ScriptTarget.Latest, true, ts.ScriptKind.JS);
  const found = [];
  const visit = (node) => {
    if (node.getChildCount(parsed) === 0) found.push(node.getText(parsed));
    else if (node.kind < ts.SyntaxKind.FirstJSDocNode) node.getChildren(parsed).forEach(visit);
  };
  visit(parsed);
  return found.filter((text) => !text.startsWith("/**"));
}

let wrong = 0;
for (let i = 2; i + 1 < process.argv.length; i += 2) {
  const [one, other] = [process.argv[i], process.argv[i + 1]];
  if (JSON.stringify(tokens(one)) === JSON.stringify(tokens(other))) continue;
  console.log(`${one} and ${other} differ`);
  wrong = 1;
}
process.exit(wrong);
