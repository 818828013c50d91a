package io.redisproxy.config;

import java.util.List;
import java.util.Optional;

/** User names and passwords, given in the JSON or in files. No message shows a password. */
final class CredentialsParser {
  static final List<String> KEYS = List.of("username", "password", "passwordFile");

  private static final String AUTH = "{ \"password\": \"...\" }";

  private final PasswordFile passwordFiles;

  CredentialsParser(PasswordFile passwordFiles) {
    this.passwordFiles = passwordFiles;
  }

  /** The credentials among the fields of something that can do without. */
  Optional<Credentials> optional(Fields fields) {
    Optional<Value> username = fields.optional("username");
    if (!mentionsPassword(fields)) {
      username.ifPresent(
          value ->
              value.mistake(
                  "a user needs a password; add \"password\" or \"passwordFile\", or remove it"));
    }
    String user = username.flatMap(Value::asUsername).orElse(Credentials.DEFAULT_USER);
    return password(fields).map(password -> new Credentials(user, password));
  }

  /** An object that is about nothing else. */
  Optional<Credentials> object(Value value) {
    // Someone may have written the password itself here.
    return value
        .hidden()
        .asObject("user with a password", AUTH, KEYS)
        .flatMap(
            fields -> {
              if (mentionsPassword(fields)) {
                return optional(fields);
              }
              value.mistake("the password is missing; add \"password\" or \"passwordFile\"");
              return Optional.empty();
            });
  }

  private Optional<String> password(Fields fields) {
    Optional<Value> file = fields.optional("passwordFile");
    Optional<String> written =
        fields.optional("password").map(Value::hidden).flatMap(Value::asPassword);
    if (file.isEmpty()) {
      return written;
    }
    if (fields.optional("password").isPresent()) {
      file.get().mistake("\"password\" is there too; keep one of them");
      return Optional.empty();
    }
    return passwordFiles.read(file.get());
  }

  private static boolean mentionsPassword(Fields fields) {
    return fields.mentions("password") || fields.mentions("passwordFile");
  }
}
