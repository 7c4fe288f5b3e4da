// The versions of other implementations from npm that are measured.

/** By the name of the package. */
export const NPM_VERSIONS = {
  mailauth: "4.13.3",
  nodemailer: "10.6.0",
} as const;
