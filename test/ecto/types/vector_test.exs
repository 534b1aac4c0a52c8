defmodule EctoLibSql.VectorTest do
  # Fields of vectors, distances in queries, the nearest rows, and columns in migrations.
  use EctoLibSql.EctoCase, async: false

  import Ecto.Query
  import EctoLibSql.Vector, only: [cosine_distance: 2, cosine_distance: 3, l2_distance: 2]

  alias EctoLibSql.Vector

  defmodule Film do
    use Ecto.Schema

    schema "films" do
      field(:title, :string)
      field(:embedding, EctoLibSql.Vector, size: 3)
      field(:bytes, EctoLibSql.Vector, size: 2, load: :binary, source: :pair)
      field(:double, EctoLibSql.Vector, size: 2, element: :f64)
    end
  end

  defmodule CreateFilms do
    use Ecto.Migration

    def change do
      create table(:films) do
        add(:title, :string)
        add(:embedding, :vector, size: 3)
        add(:pair, :vector, size: 2)
        add(:double, :"F64_BLOB(2)")
      end
    end
  end

  defmodule IndexFilms do
    use Ecto.Migration
    import EctoLibSql.Migration

    def change do
      create(vector_index(:films, :embedding, max_neighbors: 20))

      create(vector_index(:films, :pair, name: :titled, metric: :l2, where: "title IS NOT NULL"))
    end
  end

  defmodule RebuildFilms do
    use Ecto.Migration

    def change do
      alter table(:films) do
        modify(:title, :string, null: false, from: {:string, null: true})
      end
    end
  end

  setup do
    :ok = Ecto.Migrator.up(Repo, 1, CreateFilms, log: false)
    :ok
  end

  defp indexes do
    Repo.query!("SELECT name, sql FROM sqlite_schema WHERE type = 'index' ORDER BY name").rows
  end

  defp film!(title, embedding), do: Repo.insert!(%Film{title: title, embedding: embedding})

  test "a migration names the column as libSQL's index wants it, and needs a size" do
    assert %{rows: [["F32_BLOB(3)"], ["F32_BLOB(2)"], ["F64_BLOB(2)"]]} =
             Repo.query!("SELECT type FROM pragma_table_info('films') LIMIT 3 OFFSET 2")

    assert_raise ArgumentError, ~r/:vector needs a size/, fn ->
      Ecto.Adapters.LibSql.Types.column(:vector, [])
    end
  end

  test "lists and binaries come back as the field says, and are stored as libSQL stores them" do
    pair = <<1.5::float-32-little, -2.0::float-32-little>>

    %{id: id} = Repo.insert!(%Film{embedding: [1, 2.5, -3], bytes: pair, double: [0.1, 1.0e300]})

    assert %{embedding: [1.0, 2.5, -3.0], bytes: ^pair, double: [0.1, 1.0e300]} =
             Repo.get!(Film, id)

    sql =
      "SELECT vector_extract(embedding), vector_extract(pair), vector_extract(double) FROM films"

    assert Repo.query!(sql).rows == [["[1,2.5,-3]", "[1.5,-2]", "[0.1,1e+300]"]]
    Repo.update_all(Film, set: [embedding: [0, 0, 1], bytes: nil])
    assert %{embedding: [0.0, 0.0, 1.0], bytes: nil} = Repo.one!(Film)
  end

  test "what is no vector of the field's size is refused" do
    for wrong <- [[1, 2], [1, 2, 3, 4], ["1", 2, 3], [1.0e39, 0, 0], <<0::64>>, "abc", 7, %{}] do
      changeset = Ecto.Changeset.cast(%Film{}, %{embedding: wrong}, [:embedding])
      assert {wrong, changeset.valid?} == {wrong, false}
      assert {"is no vector of 3 numbers (f32)", _opts} = changeset.errors[:embedding]
    end

    assert_raise Ecto.ChangeError, fn -> film!("short", [1, 2]) end
    Repo.query!("INSERT INTO films (embedding) VALUES (vector('[1,2]'))")
    assert_raise ArgumentError, ~r/cannot load/, fn -> Repo.all(Film) end
  end

  test "an equal vector in another form is no change" do
    bytes = <<1.0::float-32-little, 2.0::float-32-little>>
    changeset = Ecto.Changeset.change(%Film{bytes: [1, 2]}, bytes: bytes)
    assert changeset.changes == %{}
  end

  test "distances are selected and compared, with parameters and with columns" do
    film!("right", [1, 0, 0])
    film!("up", [0, 2, 0])
    wanted = [1.0, 0.0, 0.0]

    assert Repo.all(
             from(f in Film,
               order_by: f.id,
               select: {cosine_distance(f.embedding, ^wanted), l2_distance(f.embedding, ^wanted)}
             )
           ) == [{0.0, 0.0}, {1.0, 2.2360680103302}]

    assert Repo.all(
             from(f in Film, where: l2_distance(f.embedding, f.embedding) == 0.0, select: f.title)
           ) == ["right", "up"]

    Repo.update_all(Film, set: [double: [1, 1]])
    double = from(f in Film, select: cosine_distance(f.double, ^[1.0, 1.0], :f64), limit: 1)
    assert_in_delta Repo.one!(double), 0.0, 1.0e-6
  end

  test "nearest/4 orders by distance, leaves out nil, puts zeros last and keeps the query's conditions" do
    for {title, vector} <- [
          {"zero", [0, 0, 0]},
          {"far", [-1, 0, 0]},
          {"none", nil},
          {"near", [1, 0.1, 0]},
          {"same", [2, 0, 0]}
        ],
        do: film!(title, vector)

    titles = fn query -> query |> select([f], f.title) |> Repo.all() end
    wanted = [1.0, 0.0, 0.0]
    assert titles.(Vector.nearest(Film, :embedding, wanted)) == ~w(same near far zero)
    bytes = Vector.parameter(wanted)
    assert titles.(Vector.nearest(Film, :embedding, bytes, limit: 1)) == ["same"]
    l2 = Vector.nearest(Film, :embedding, wanted, limit: 3, distance: :l2)
    assert titles.(l2) == ~w(near zero same)
    not_same = where(Film, [f], f.title != "same")
    assert titles.(Vector.nearest(not_same, :embedding, wanted, limit: 2)) == ~w(near far)
  end

  test "vector_index/3 is created with its settings, kept by a rebuild of the table, and dropped" do
    :ok = Ecto.Migrator.up(Repo, 2, IndexFilms, log: false)

    made = [
      [
        "films_embedding_index",
        ~s|CREATE INDEX "films_embedding_index" ON "films" | <>
          ~s|(libsql_vector_idx("embedding", 'metric=cosine', 'max_neighbors=20'))|
      ],
      [
        "titled",
        ~s|CREATE INDEX "titled" ON "films" (libsql_vector_idx("pair", 'metric=l2')) WHERE title IS NOT NULL|
      ]
    ]

    assert indexes() == made
    film!("near", [1, 0.1, 0])
    :ok = Ecto.Migrator.up(Repo, 3, RebuildFilms, log: false)
    assert indexes() == made
    query = Vector.nearest(Film, :embedding, [1, 0, 0], limit: 1, index: :films_embedding_index)
    assert [%{title: "near"}] = Repo.all(query)
    :ok = Ecto.Migrator.down(Repo, 2, IndexFilms, log: false)
    assert indexes() == []
  end

  test "nearest/4 with an index finds the nearest of all rows, of which the query's conditions admit some" do
    :ok = Ecto.Migrator.up(Repo, 2, IndexFilms, log: false)
    for {title, x} <- [{"a", 3}, {"b", 0.2}, {"c", 1}], do: film!(title, [x, 1, 0])
    Repo.query!("INSERT INTO films (title) VALUES ('none')")

    titles = fn query, opts ->
      query
      |> Vector.nearest(:embedding, [1.0, 0.0, 0.0], [index: "films_embedding_index"] ++ opts)
      |> select([f], f.title)
      |> Repo.all()
    end

    assert titles.(Film, limit: 2) == ["a", "c"]
    assert titles.(Film, limit: 10) == ["a", "c", "b"]
    assert titles.(where(Film, [f], f.title != "a"), limit: 2) == ["c"]
    assert_raise ArgumentError, ~r/needs a :limit/, fn -> titles.(Film, []) end
    assert_raise ArgumentError, ~r/reads a table/, fn -> titles.(subquery(Film), limit: 1) end
  end

  test "nearest/4 filtered finds the nearest of the rows that the query's conditions admit" do
    :ok = Ecto.Migrator.up(Repo, 2, IndexFilms, log: false)
    for {title, x} <- [{"a", 3}, {"b", 0.2}, {"c", 1}, {"d", -1}], do: film!(title, [x, 1, 0])
    Repo.query!("INSERT INTO films (title) VALUES ('none')")

    titles = fn query, opts ->
      opts = [index: :films_embedding_index, filtered: true] ++ opts

      query
      |> Vector.nearest(:embedding, [1.0, 0.0, 0.0], opts)
      |> select([f], f.title)
      |> Repo.all()
    end

    assert titles.(where(Film, [f], f.title != "a"), limit: 2) == ["c", "b"]
    assert titles.(where(Film, [f], f.title in ["d", "none"]), limit: 2) == ["d"]
    assert titles.(Film, []) == ["a", "c", "b", "d"]

    joined =
      from(f in Film, join: g in Film, on: g.id == f.id and g.title > "a", where: g.title < "d")

    assert titles.(joined, limit: 1) == ["c"]

    assert [%Film{title: "a"}] =
             Repo.all(
               Vector.nearest(Film, :embedding, [1, 0, 0],
                 limit: 1,
                 index: "films_embedding_index",
                 filtered: true
               )
             )

    assert_raise ArgumentError, ~r/needs an :index/, fn ->
      Vector.nearest(Film, :embedding, [1.0], filtered: true)
    end
  end

  test "options are named when they are wrong" do
    assert_raise ArgumentError, ~r/:cosine and :l2, got: :dot/, fn ->
      EctoLibSql.Migration.vector_index(:films, :embedding, metric: :dot)
    end

    assert_raise ArgumentError, ~r/got: \[:lists\]/, fn ->
      EctoLibSql.Migration.vector_index(:films, :embedding, lists: 7)
    end

    for {opts, text} <- [
          {[], ~r/needs a :size/},
          {[size: 70_000], ~r/from 1 to 65536, got: 70000/},
          {[size: 3, element: :f16], ~r/:element to be one of/},
          {[size: 3, dims: 3], ~r/got: :dims/}
        ],
        do: assert_raise(ArgumentError, text, fn -> Vector.init(opts) end)

    assert_raise ArgumentError, ~r/got: :top/, fn ->
      Vector.nearest(Film, :embedding, [1.0], top: 3)
    end

    assert_raise ArgumentError, ~r/got: "abc"/, fn ->
      Vector.nearest(Film, :embedding, "abc")
    end
  end
end
