defmodule Ecto.Adapters.LibSql.GuidesTest do
  # Runs the examples of the guides in docs/guides that need Ecto; test/driver/guides_test.exs runs the
  # others. Not async: the examples write into the current folder.
  use ExUnit.Case, async: false

  alias EctoLibSql.Guide

  @guides Path.expand("../../docs/guides", __DIR__)

  setup do
    folder = Path.join(System.tmp_dir!(), "ecto_libsql_guides_#{System.pid()}")
    File.mkdir_p!(folder)

    # A connection is closed in the background and may still write a file while the folder is removed.
    on_exit(fn -> File.rm_rf(folder) end)
    {:ok, folder: folder}
  end

  for guide <-
        ~w(ecto migrations phoenix production servers troubleshooting coming_from_ecto_sqlite3
                  coming_from_rust coming_from_postgresql) do
    test "the examples of #{guide} do what they say", %{folder: folder} do
      File.cd!(folder, fn ->
        assert Guide.run(Path.join(@guides, unquote(guide) <> ".md")) > 0
      end)
    end
  end
end
