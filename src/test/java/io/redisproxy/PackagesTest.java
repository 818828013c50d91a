package io.redisproxy;

import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.lang.syntax.ArchRuleDefinition;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Each package imports only those that it may, in the order of the way of a request. */
class PackagesTest {
  private static final String ROOT = "io.redisproxy";

  /** All packages; the first is the root. */
  private static final List<String> PACKAGES =
      List.of(
          "",
          "config",
          "resp",
          "command",
          "metrics",
          "trace",
          "tls",
          "upstream",
          "topology",
          "discovery",
          "consistency",
          "route",
          "session",
          "listener",
          "admin",
          "operator.v1alpha1",
          "operator",
          "dev");

  private static final JavaClasses CLASSES =
      new ClassFileImporter()
          .withImportOption(new ImportOption.DoNotIncludeTests())
          .importPackages(ROOT);

  @ParameterizedTest
  @CsvSource({
    "config,   ''",
    "resp,     ''",
    "command,  resp",
    "metrics,  ''",
    "trace,    config metrics",
    "tls,      config",
    "upstream, config resp metrics tls",
    "topology, upstream config resp metrics",
    "discovery, upstream config resp metrics",
    "consistency, topology upstream config metrics",
    "route,    command topology consistency config metrics",
    "session,  resp command route topology consistency upstream config metrics trace tls",
    "listener, session config metrics tls",
    "admin,    config topology upstream session metrics",
    "operator.v1alpha1, ''",
    "operator, operator.v1alpha1 config",
    "dev,      config"
  })
  void importsOnlyWhatItMay(String from, String allowed) {
    String[] mayNot =
        PACKAGES.stream()
            .filter(name -> !name.equals(from) && !List.of(allowed.split(" ")).contains(name))
            .map(name -> name.isEmpty() ? ROOT : ROOT + "." + name)
            .toArray(String[]::new);
    ArchRuleDefinition.noClasses()
        .that()
        .resideInAPackage(ROOT + "." + from)
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage(mayNot)
        .check(CLASSES);
  }

  /** Who traces nothing has no part of OpenTelemetry. */
  @Test
  void spansAreMadeInOnePlace() {
    ArchRuleDefinition.noClasses()
        .that()
        .resideOutsideOfPackage(ROOT + ".trace")
        .should()
        .dependOnClassesThat()
        .resideInAPackage("io.opentelemetry..")
        .check(CLASSES);
  }

  @Test
  void noPackagesGoInCircles() {
    slices().matching(ROOT + ".(*)..").should().beFreeOfCycles().check(CLASSES);
  }
}
