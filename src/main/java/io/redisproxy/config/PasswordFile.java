package io.redisproxy.config;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.regex.Pattern;

/** Reads passwords from files of their own, such as mounted secrets. */
@FunctionalInterface
interface PasswordFile {
  /** A line break in a path would be one in a message too. */
  String PATH = "^[^\\u0000-\\u001f\\u007f]+$";

  Pattern PATH_PATTERN = Pattern.compile(PATH);

  /** The content of the file that the value names, without the line break that editors add. */
  Optional<String> read(Value value);

  /** {@code folder}: where their paths begin. */
  static PasswordFile in(Path folder) {
    return value ->
        path(value, folder)
            .flatMap(file -> SmallFile.read(file, "file with the password", value::mistake))
            .flatMap(content -> text(content, "password", value::mistake));
  }

  /** For files that are on another machine: any path will do, and leads to some password. */
  static PasswordFile elsewhere() {
    return value -> path(value, Path.of("")).map(Path::toString);
  }

  /** The file of a path that begins at the folder. */
  static Optional<Path> path(Value value, Path folder) {
    String path = value.node().textValue();
    try {
      if (path != null && PATH_PATTERN.matcher(path).matches()) {
        return Optional.of(folder.resolve(path));
      }
    } catch (InvalidPathException e) {
      // What a path may be is for the system to say.
    }
    value.mistake(
        value.show() + " is not a path; write it as \"/run/secrets/redis\", or from " + folder);
    return Optional.empty();
  }

  /** {@code secret}: what should be in the file. */
  static Optional<String> text(byte[] content, String secret, Consumer<String> mistake) {
    try {
      // A decoder of one's own refuses what isn't UTF-8, where String would replace it.
      String text = StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(content)).toString();
      if (!text.isBlank()) {
        return Optional.of(text.replaceFirst("\\r?\\n\\z", ""));
      }
      mistake.accept("the file is empty; write the " + secret + " into it");
    } catch (CharacterCodingException e) {
      mistake.accept("the file is not text; save the " + secret + " as UTF-8");
    }
    return Optional.empty();
  }
}
