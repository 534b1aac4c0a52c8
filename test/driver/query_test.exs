defmodule EctoLibSql.QueryTest do
  use EctoLibSql.DriverCase, async: true

  test "prints as its statement" do
    assert to_string(%Query{statement: "SELECT 1"}) == "SELECT 1"
  end

  test "is accepted wherever text is" do
    state = open!()

    assert {:ok, %Query{statement: "SELECT 1"}, %Result{rows: [[1]]}, ^state} =
             EctoLibSql.handle_execute(%Query{statement: "SELECT 1"}, [], [], state)

    assert {:ok, %Query{statement: "SELECT 1"}, %Result{rows: [[1]]}, ^state} =
             EctoLibSql.handle_execute("SELECT 1", [], [], state)
  end

  @tag :local
  test "with cache: false is not put into the statement cache" do
    state = open!()
    {:ok, before} = Native.stats(state)
    query = %Query{statement: "SELECT 17", cache: false}

    for _ <- 1..3 do
      assert {:ok, _, %Result{rows: [[17]]}, _} = EctoLibSql.handle_execute(query, [], [], state)
    end

    {:ok, later} = Native.stats(state)
    assert later.cache_hits == before.cache_hits
  end
end
