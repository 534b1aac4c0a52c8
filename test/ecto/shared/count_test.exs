defmodule Ecto.Integration.LibSqlCountTest do
  # Compares the tests in the files of the shared suites with those that ExUnit has registered, and the excluded ones with
  # the list in setup.exs, so that no test is lost unnoticed.
  use ExUnit.Case, async: false

  alias Ecto.Integration.LibSqlSetup

  @modules ~w(Assoc Interval Joins Preload Repo Type Windows Alter Lock Logging Migration Migrator QueryMany
              Sandbox SQL Stream SubQuery Transaction)

  defp registered do
    for name <- @modules,
        module = Module.concat(Ecto.Integration, name <> "Test"),
        Code.ensure_loaded?(module),
        test <- module.__ex_unit__().tests,
        do: test
  end

  defp written do
    Enum.flat_map(LibSqlSetup.files(), fn file ->
      Regex.scan(~r/^\s*test "/m, File.read!(file))
    end)
  end

  test "every test of the suites' files is registered" do
    # The test of durations is compiled only if Elixir has Duration.
    absent = if Code.ensure_loaded?(Duration), do: 0, else: 1
    assert length(registered()) == length(written()) - absent
  end

  test "at most seven tests are excluded, in memory and on servers a few more, and each of them exists" do
    left_out =
      Enum.filter(registered(), fn test ->
        test.name in LibSqlSetup.excluded_names() or
          Enum.any?(LibSqlSetup.excluded_tags(), &Map.has_key?(test.tags, &1))
      end)

    more = LibSqlSetup.excluded_in_memory() ++ LibSqlSetup.excluded_on_servers()
    assert length(left_out) <= 7 + length(more)

    for name <- LibSqlSetup.excluded_names(),
        do: assert(Enum.any?(left_out, &(&1.name == name)), "no test is called #{inspect(name)}")
  end
end
