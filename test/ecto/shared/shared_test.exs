# Loads all test files of the suites of ecto and ecto_sql; setup.exs has the list of excluded tests.

Enum.each(Ecto.Integration.LibSqlSetup.files(), &Ecto.Integration.LibSqlSetup.load/1)
