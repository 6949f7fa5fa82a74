// `$(NAME)` in commands, arguments and values.
// Invariant: pure; `$$` is a dollar sign, an unknown name stays as it was written.
// Called by: config.ts, env.ts. Next on the way: env.ts.

export function expand(text: string, variables: ReadonlyMap<string, string>): string {
  return text.replace(/\$\$|\$\(([^)]*)\)/g, (whole, name: string | undefined) => {
    if (name === undefined) return "$";
    return variables.get(name) ?? whole;
  });
}
