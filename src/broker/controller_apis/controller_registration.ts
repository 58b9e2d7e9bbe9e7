/**
 * ControllerRegistration, key 70: a controller makes its addresses and features known (KIP-919).
 *
 * Served 0.
 */
import {
  ControllerRegistrationRequest,
  ControllerRegistrationResponse,
} from "../../protocol/mod.ts";
import { defineControllerApi } from "../api.ts";
import { errorFields } from "../errors.ts";

export const controllerRegistration = defineControllerApi({
  key: 70,
  name: "ControllerRegistration",
  request: ControllerRegistrationRequest,
  response: ControllerRegistrationResponse,
  versions: [0, 0],

  handle: (request, _context, { controller }) => controller.registerController(request),

  failed: (_request, error) => errorFields(error),
});
