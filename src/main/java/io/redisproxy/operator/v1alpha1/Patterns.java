package io.redisproxy.operator.v1alpha1;

/**
 * As in the schema of the listeners' file, but in the syntax of Go, which writes code points in
 * another way.
 */
final class Patterns {
  static final String HOST =
      "^([A-Za-z0-9._-]+|[0-9A-Fa-f.]*(:[0-9A-Fa-f.]*){2,}(%[A-Za-z0-9._-]+)?)$";
  static final String USERNAME = "^[^\\s\\x00-\\x1f\\x7f]+$";
  static final String COMMAND = "^[!-{}~]+([ |][!-{}~]+)?$";
  static final String TIME = "^(\\d{1,8})(ms|s|m)$";
  static final String FALLBACK = "^(always|never|[1-9]\\d{0,8}/s)$";
  static final String SENTINEL_SERVICE = "^[A-Za-z0-9._-]+$";
  static final String NAME = "^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$";
  static final String LABEL =
      "^([a-z0-9.-]{1,253}/)?[A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?$";
  static final String SELECTOR = "^[A-Za-z0-9._/=!(), -]+$";
  static final String ZONE = "\\S";

  /** Of a Secret. */
  static final String SECRET = "^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$";

  /** What a Secret or a ConfigMap takes for a key; neither . nor .. */
  static final String KEY = "^[A-Za-z0-9_-][A-Za-z0-9._-]{0,252}$";

  private Patterns() {}
}
