/**
 * A plugin that cannot be run: not there, of a wrong shape, told wrong options, or failed at its
 * work.
 */
export class PluginError extends Error {
  override name = "PluginError";
}

/** Options that the plugin's schema refuses; the message names the flag. */
export class PluginOptionError extends PluginError {
  override name = "PluginOptionError";
}
