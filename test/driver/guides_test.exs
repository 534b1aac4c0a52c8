defmodule EctoLibSql.GuidesTest do
  # Runs the examples of the guides in docs/guides that need no Ecto, and checks that the runner
  # fails for an example whose value is another. Not async: the examples write into the current folder.
  use EctoLibSql.DriverCase, async: false

  alias EctoLibSql.Guide

  # Compiling the development server takes minutes, once.
  @moduletag timeout: 600_000

  @guides Path.expand("../../docs/guides", __DIR__)
  @driver ~w(overview connections queries transactions prepared_statements batches cursors vectors
             encryption replicas)
  @ecto ~w(ecto migrations phoenix production servers troubleshooting coming_from_ecto_sqlite3
           coming_from_rust coming_from_postgresql)
  # Without Elixir: native/tests/shell/guide_test.sh runs its examples.
  @commands ~w(shell)

  for guide <- @driver do
    @tag :local
    test "the examples of #{guide} do what they say" do
      File.cd!(temp_folder(), fn ->
        assert Guide.run(Path.join(@guides, unquote(guide) <> ".md")) > 0
      end)
    end
  end

  # test/ecto/guides_test.exs runs the others.
  test "every guide is run" do
    files = for file <- Path.wildcard(@guides <> "/*.md"), do: Path.basename(file, ".md")
    assert Enum.sort(@driver ++ @ecto ++ @commands) == Enum.sort(files)
  end

  # ExDoc, and most renderers, take a block whose fence has a second word for plain text.
  test "every fence of a guide names one language, or none" do
    for file <- Path.wildcard(@guides <> "/*.md"),
        [fence] <- Regex.scan(~r/^```.*$/m, File.read!(file)) do
      assert {file, fence =~ ~r/^```\w*$/} == {file, true}
    end
  end

  test "every guide is a page of the documentation, and linked from the first" do
    pages = for "docs/guides/" <> page <- Mix.Project.config()[:docs][:extras], do: page
    assert ["overview.md" | _] = pages
    guides = @driver ++ @ecto ++ @commands
    assert Enum.sort(pages) == Enum.sort(for guide <- guides, do: guide <> ".md")
  end

  for {module, tags} <- [
        {EctoLibSql, [pool: true]},
        {EctoLibSql.Telemetry, [telemetry: true]},
        {EctoLibSql.Cursor, []},
        {EctoLibSql.JSON, []},
        {EctoLibSql.Native, []},
        {EctoLibSql.Native.Batch, []},
        {EctoLibSql.Native.PreparedStatements, []},
        {EctoLibSql.Native.Replica, []},
        {EctoLibSql.Options, []},
        {EctoLibSql.Pragma, []},
        {EctoLibSql.Query, []},
        {EctoLibSql.State, []}
      ] do
    @tag tags
    test "the examples in the documentation of #{inspect(module)} run" do
      File.cd!(temp_folder(), fn -> assert Guide.run_docs(unquote(module)) > 0 end)
    end
  end

  describe "the runner" do
    defp run(code), do: Guide.run_text("text\n```elixir\n#{code}\n```\n", "guide.md")

    test "counts what it has checked" do
      assert run("x = 1\n#=> 1\n\nEnum.map([x], fn x ->\n  x + 1\nend)\n#=> [_ |\n#   []]") == 2
    end

    test "fails where a value is another" do
      message = ~r/guide.md:4: expected 2, got: 1/
      assert_raise ExUnit.AssertionError, message, fn -> run("1 + 0\n#=> 2") end
    end

    test "fails where nothing is raised" do
      code = "1 + 0\n#=> ** (ArgumentError) wrong"
      assert_raise ExUnit.AssertionError, ~r/expected ArgumentError/, fn -> run(code) end
    end

    test "fails where something else is raised" do
      code = "raise \"other\"\n#=> ** (RuntimeError) wrong"
      assert_raise ExUnit.AssertionError, ~r/expected RuntimeError/, fn -> run(code) end
    end

    test "fails where a check is misspelt" do
      assert_raise ExUnit.AssertionError, ~r/write #=>/, fn -> run("1\n# => 2") end
    end

    test "fails where a check is inside of an expression" do
      code = "if true do\n  1\n  #=> 2\nend"
      assert_raise ExUnit.AssertionError, ~r/follows no expression/, fn -> run(code) end
    end
  end
end
