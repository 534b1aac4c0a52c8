defmodule EctoLibSql.MigrationTest do
  # The helpers of EctoLibSql.Migration, up and down, on tables with rows.
  use EctoLibSql.EctoCase, async: true

  setup do
    sql!(
      "CREATE TABLE posts (id INTEGER PRIMARY KEY, title TEXT, body TEXT, edits INTEGER DEFAULT 0)"
    )

    sql!(
      "INSERT INTO posts (id, title, body) VALUES (3, 'Tea', 'boiling water'), (5, 'Bread', NULL)"
    )

    {:ok, before: objects()}
  end

  defp objects,
    do:
      rows(
        "SELECT type, name, sql FROM sqlite_master WHERE name NOT LIKE 'schema_%' ORDER BY 1, 2"
      )

  # The migration that reverses it.
  defp up!(module) do
    version = System.unique_integer([:positive])
    opts = [log: false, dynamic_repo: Repo.get_dynamic_repo()]
    :ok = Ecto.Migrator.up(Repo, version, module, opts)
    fn -> :ok = Ecto.Migrator.down(Repo, version, module, opts) end
  end

  defmodule View do
    use Ecto.Migration
    import EctoLibSql.Migration

    def change, do: create_view(:titles, "SELECT title FROM posts WHERE body IS NOT NULL")
  end

  defmodule NoView do
    use Ecto.Migration
    import EctoLibSql.Migration

    def change, do: drop_view("titles", "SELECT title FROM posts WHERE body IS NOT NULL")
  end

  test "create_view/3 and drop_view/3 are reversible", %{before: before} do
    down = up!(View)
    assert rows("SELECT * FROM titles") == [["Tea"]]
    with_view = objects()

    again = up!(NoView)
    assert objects() == before
    again.()
    assert objects() == with_view
    down.()
    assert objects() == before
  end

  defmodule Triggers do
    use Ecto.Migration
    import EctoLibSql.Migration

    def change do
      create_trigger(:posts_edits, :posts,
        after: :update,
        of: [:title, :body],
        when: "old.title <> new.title",
        do: [
          "UPDATE posts SET edits = edits + 1 WHERE id = new.id",
          "UPDATE posts SET edits = edits + 10 WHERE id = new.id;"
        ]
      )

      create_trigger(:posts_kept, :posts,
        before: :delete,
        do: "SELECT RAISE(ABORT, 'constraint:posts_kept')"
      )

      create_view(:titles, "SELECT title FROM posts")

      create_trigger(:titles_insert, :titles,
        instead_of: :insert,
        do: "INSERT INTO posts (title) VALUES (new.title)"
      )
    end
  end

  defmodule NoTrigger do
    use Ecto.Migration
    import EctoLibSql.Migration

    def change do
      drop_trigger(:posts_kept, :posts,
        before: :delete,
        do: "SELECT RAISE(ABORT, 'constraint:posts_kept')"
      )
    end
  end

  defmodule Post do
    use Ecto.Schema

    schema "posts" do
      field(:title, :string)
      field(:body, :string)
    end
  end

  test "triggers run for the events, columns and conditions that they name, and are reversible",
       %{before: before} do
    down = up!(Triggers)
    sql!("UPDATE posts SET title = 'Coffee', edits = 0 WHERE id = 3")
    sql!("UPDATE posts SET body = 'x' WHERE id = 5")
    assert rows("SELECT edits FROM posts ORDER BY id") == [[11], [0]]

    sql!("INSERT INTO titles VALUES ('Salt')")
    assert [["Salt"]] = rows("SELECT title FROM posts WHERE id = 6")

    kept = Post |> Repo.get!(3) |> Ecto.Changeset.change()
    kept = Ecto.Changeset.check_constraint(kept, :id, name: :posts_kept, message: "stays")
    assert {:error, %{errors: [id: {"stays", _}]}} = Repo.delete(kept)

    again = up!(NoTrigger)
    sql!("DELETE FROM posts WHERE id = 6")
    again.()
    assert_raise EctoLibSql.Error, fn -> sql!("DELETE FROM posts") end

    down.()
    assert objects() == before
  end

  defmodule Search do
    use Ecto.Migration
    import EctoLibSql.Migration

    def change,
      do: create_full_text_search(:posts, [:title, :body], tokenize: "porter", prefixes: "2 3")
  end

  defp found(words) do
    Repo.all(
      from(p in Post,
        join: s in "posts_search",
        on: s.rowid == p.id,
        where: fragment("posts_search MATCH ?", ^words),
        order_by: s.rank,
        select: p.id
      )
    )
  end

  defmodule Change do
    use Ecto.Migration

    def change do
      alter table(:posts) do
        modify(:body, :text, null: false, default: "", from: {:text, null: true, default: nil})
      end
    end
  end

  test "full-text search follows changes of the table, also after a rebuild", %{before: before} do
    down = up!(Search)
    assert found("boil") == [3]
    tea = Repo.update!(Ecto.Changeset.change(Repo.get!(Post, 3), body: "leaves"))
    assert {found("boil"), found("leaf"), found("tea")} == {[], [], [3]}
    assert found("leav*") == [3]
    oat = Repo.insert!(%Post{title: "Oats", body: "cooked leaves"})
    assert Enum.sort(found("leaves")) == [3, oat.id]
    Repo.delete!(tea)
    assert found("leaves") == [oat.id]
    Repo.insert!(%{oat | body: "soaked"}, on_conflict: :replace_all, conflict_target: :id)
    assert {found("cook"), found("soak")} == {[], [oat.id]}

    sql!("UPDATE posts SET body = '' WHERE body IS NULL")
    assert migrate!(Change) == :ok
    Repo.insert!(%Post{title: "Rye", body: "sour"})
    assert length(found("sour")) == 1 and found("soak") == [oat.id]
    sql!("INSERT INTO posts_search (posts_search, rank) VALUES ('integrity-check', 1)")

    down.()

    assert for([type, name, _] <- objects(), do: {type, name}) ==
             for([t, n, _] <- before, do: {t, n})

    Repo.insert!(%Post{title: "Still works"})
  end

  defmodule NoSearch do
    use Ecto.Migration
    import EctoLibSql.Migration

    def change do
      drop_full_text_search(:posts, [:title, :body], tokenize: "porter", prefixes: "2 3")
    end
  end

  test "drop_full_text_search/3 rolled back fills the index again", %{before: before} do
    up!(Search)
    again = up!(NoSearch)
    assert objects() == before
    again.()
    assert found("boil") == [3]
  end

  defmodule Places do
    use Ecto.Migration

    def change do
      create table(:places, options: [rtree: true]) do
        add(:min_x, :float)
        add(:max_x, :float)
      end
    end
  end

  test "an R-tree is created and dropped", %{before: before} do
    down = up!(Places)
    sql!("INSERT INTO places VALUES (1, 0.0, 2.0), (2, 5.0, 6.0)")
    near = from(p in "places", where: p.min_x < 3.0 and p.max_x > 1.0, select: p.id)
    assert Repo.all(near) == [1]
    down.()
    assert objects() == before
  end

  defmodule Vectors do
    use Ecto.Migration
    import EctoLibSql.Migration

    def change do
      create table(:films) do
        add(:embedding, vector(3))
        add(:double, vector(2, :f64))
      end

      create table(:strict_films, options: "STRICT") do
        add(:embedding, vector(3))
      end
    end
  end

  test "columns hold vectors", %{before: before} do
    down = up!(Vectors)

    assert rows("SELECT type FROM pragma_table_info('films')") ==
             [["INTEGER"], ["F32_BLOB(3)"], ["F64_BLOB(2)"]]

    blob = EctoLibSql.Native.vector_to_blob([1.0, 2.0, 3.0])

    for table <- ["films", "strict_films"],
        do: Repo.insert_all(table, [[embedding: {:blob, blob}]])

    assert rows("SELECT embedding FROM strict_films") == [[blob]]
    down.()
    assert objects() == before
  end

  @tag :local_file
  @tag attach: ["other"]
  test "views, triggers and full-text search work in an attached database" do
    defmodule Attached do
      use Ecto.Migration
      import EctoLibSql.Migration

      def change do
        create(table(:t, prefix: "other"), do: add(:x, :string))
        create_view(:v, "SELECT x FROM t", prefix: "other")

        create_trigger(:tr, :t,
          after: :insert,
          do: "UPDATE t SET x = upper(x) WHERE id = new.id",
          prefix: "other"
        )

        create_full_text_search(:t, [:x], prefix: "other", name: "s")
      end
    end

    down = up!(Attached)
    sql!("INSERT INTO other.t (x) VALUES ('abc')")
    assert rows("SELECT x FROM other.v") == [["ABC"]]
    assert rows("SELECT rowid FROM other.s WHERE s MATCH 'abc'") == [[1]]
    down.()
    assert rows("SELECT name FROM other.sqlite_master") == []
  end

  test "unknown options and missing arguments are refused by name" do
    import EctoLibSql.Migration

    for {fun, message} <- [
          {fn -> create_trigger(:t, :posts, do: "SELECT 1") end, ~r/:t needs one of :before/},
          {fn -> create_trigger(:t, :posts, after: :select, do: "SELECT 1") end,
           ~r/got: \[after: :select\]/},
          {fn -> create_trigger(:t, :posts, after: :insert, before: :insert, do: "SELECT 1") end,
           ~r/one of/},
          {fn -> create_trigger(:t, :posts, after: :insert) end, ~r/needs its statements/},
          {fn -> create_trigger(:t, :posts, after: :insert, of: [:a], do: "SELECT 1") end,
           ~r/:of is for :update/},
          {fn -> create_view(:v, "SELECT 1", temporary: true) end, ~r/got: \[:temporary\]/},
          {fn -> create_full_text_search(:posts, []) end, ~r/needs columns/}
        ] do
      assert_raise ArgumentError, message, fun
    end
  end
end
