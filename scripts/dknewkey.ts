// dknewkey by the path that it has in a clone.

import "./dknewkey/main.ts";
