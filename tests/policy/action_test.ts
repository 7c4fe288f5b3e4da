// chooseAction(): what qmail-dk does, row by row as it is documented.

import { assertEquals } from "@std/assert";
import { type Action, chooseAction } from "../../lib/policy/action.ts";

const TABLE: [relayClient: string, dkVerify: string, dkSign: string, Action][] =
  [
    ["set", "set", "set", "sign"],
    ["set", "unset", "set", "sign"],
    ["set", "set", "unset", "sign"],
    ["set", "unset", "unset", "sign"],
    ["unset", "set", "set", "verify"],
    ["unset", "set", "unset", "verify"],
    ["unset", "unset", "set", "sign"],
    ["unset", "unset", "unset", "pass on"],
  ];

for (const [relayClient, dkVerify, dkSign, action] of TABLE) {
  Deno.test(`\`chooseAction()\` says ${action} with RELAYCLIENT ${relayClient}, DKVERIFY ${dkVerify}, DKSIGN ${dkSign}`, () => {
    // A variable that is set may be empty: RELAYCLIENT mostly is.
    for (const value of ["", "x"]) {
      const read = (word: string) => word === "set" ? value : undefined;
      const orders = {
        relayClient: read(relayClient),
        isVerified: dkVerify === "set",
        dkSign: read(dkSign),
      };
      assertEquals(chooseAction(orders), action);
    }
  });
}
