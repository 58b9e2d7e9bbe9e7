/** The principal inside an Envelope (KIP-590), preceded by its version as int16. */
import { bool, string } from "../fields.ts";
import { message, type ValueOf } from "../message.ts";

/** Who sent the forwarded request. */
export const DefaultPrincipalData = message({
  name: "DefaultPrincipalData",
  versions: [0, 0],
  flexibleFrom: 0,
  fields: {
    type: string(),
    name: string(),
    tokenAuthenticated: bool(),
  },
});
export type DefaultPrincipalData = ValueOf<typeof DefaultPrincipalData>;
