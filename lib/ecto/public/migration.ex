defmodule EctoLibSql.Migration do
  @moduledoc """
  Commands of SQLite that `Ecto.Migration` does not have: views, triggers and full-text search over a table,
  each reversible, and the type and the indexes of vector columns.

      defmodule MyApp.Repo.Migrations.Search do
        use Ecto.Migration
        import EctoLibSql.Migration

        def change do
          create_full_text_search(:posts, [:title, :body], tokenize: "porter")
          create_view(:drafts, "SELECT id, title FROM posts WHERE published_at IS NULL")

          create_trigger(:posts_touched, :posts,
            after: :update,
            of: [:title, :body],
            do: "UPDATE posts SET edits = edits + 1 WHERE id = new.id"
          )
        end
      end

  `alter table` keeps them all, also where the adapter rebuilds the table.
  """

  alias Ecto.Adapters.LibSql.Catalog
  alias Ecto.Adapters.LibSql.SQL.Quote
  alias Ecto.Migration
  alias EctoLibSql.Native

  @type name :: atom() | String.t()

  @doc """
  Creates a view of the `SELECT` statement `select`. Rolled back, it is dropped.

  ## Options

    * `:prefix` - the attached database
  """
  @spec create_view(name(), String.t(), keyword()) :: :ok
  def create_view(name, select, opts \\ []) when is_binary(select) do
    opts = options!(opts, [:prefix], "create_view")
    both(view(name, select, opts), drop("VIEW", name, opts))
  end

  @doc """
  Drops a view. With the `SELECT` statement that made it, it is created again when rolled back.
  """
  @spec drop_view(name(), String.t() | nil, keyword()) :: :ok
  def drop_view(name, select \\ nil, opts \\ []) do
    opts = options!(opts, [:prefix], "drop_view")
    down = drop("VIEW", name, opts)
    if select, do: both(down, view(name, select, opts)), else: one(down)
  end

  defp view(name, select, opts),
    do: ["CREATE VIEW ", Quote.table(opts[:prefix], name), " AS ", select]

  @trigger [:before, :after, :instead_of, :of, :when, :do, :prefix]

  @doc """
  Creates a trigger on a table or a view. Rolled back, it is dropped.

  ## Options

    * `:before`, `:after` or `:instead_of` - `:insert`, `:update` or `:delete`; one of them is needed.
      `:instead_of` is for views
    * `:do` - the statements, as one text or a list; needed. They may use `new` and `old`
    * `:of` - with `:update`: the columns whose change runs it
    * `:when` - a condition, as SQL
    * `:prefix` - the attached database

  A trigger may refuse a change with `SELECT RAISE(ABORT, 'constraint:name')`, which becomes a
  `check_constraint` of this name.
  """
  @spec create_trigger(name(), name(), keyword()) :: :ok
  def create_trigger(name, table, opts) do
    opts = options!(opts, @trigger, "create_trigger")
    both(trigger(name, table, opts), drop("TRIGGER", name, opts))
  end

  @doc """
  Drops a trigger. With the table and the options that made it, it is created again when rolled back.
  """
  @spec drop_trigger(name(), name() | nil, keyword()) :: :ok
  def drop_trigger(name, table \\ nil, opts \\ []) do
    opts = options!(opts, @trigger, "drop_trigger")
    down = drop("TRIGGER", name, opts)
    if opts[:do], do: both(down, trigger(name, table, opts)), else: one(down)
  end

  defp trigger(name, table, opts) do
    [
      ["CREATE TRIGGER ", Quote.table(opts[:prefix], name), timing!(name, opts)],
      [" ON ", Quote.name(table), condition(opts[:when])],
      [" BEGIN ", body!(name, opts[:do]), " END"]
    ]
  end

  defp timing!(name, opts) do
    case Keyword.take(opts, [:before, :after, :instead_of]) do
      [{timing, event}] when event in [:insert, :update, :delete] ->
        [?\s, words(timing), ?\s, words(event), columns!(name, event, opts[:of])]

      other ->
        raise ArgumentError,
              "trigger #{inspect(name)} needs one of :before, :after and :instead_of, with :insert, " <>
                ":update or :delete, got: #{inspect(other)}"
    end
  end

  defp words(atom), do: atom |> Atom.to_string() |> String.upcase() |> String.replace("_", " ")

  defp columns!(_name, _event, nil), do: []
  defp columns!(_name, :update, columns), do: [" OF " | Quote.names(List.wrap(columns))]

  defp columns!(name, event, columns) do
    raise ArgumentError,
          "trigger #{inspect(name)}: :of is for :update, got #{inspect(columns)} with #{inspect(event)}"
  end

  defp condition(nil), do: []
  defp condition(sql), do: [" WHEN ", sql]

  defp body!(name, statements) do
    statements = for text <- List.wrap(statements), do: String.trim(text)

    if statements in [[], [""]] do
      raise ArgumentError, "trigger #{inspect(name)} needs its statements, as :do"
    end

    for text <- statements, do: [text, if(String.ends_with?(text, ";"), do: " ", else: "; ")]
  end

  @search [:name, :key, :prefix]

  @doc """
  Creates an FTS5 index over columns of a table, fills it, and keeps it up to date by triggers. Rolled back,
  all of it is dropped.

      create_full_text_search(:posts, [:title, :body], tokenize: "porter")

      from p in Post,
        join: s in "posts_search", on: s.rowid == p.id,
        where: fragment("posts_search MATCH ?", ^"sqlite AND ecto"),
        order_by: s.rank

  The texts are stored once, in the table.

  ## Options

    * `:name` - of the index, default `table_search`
    * `:key` - the integer primary key of the table, default `:id`
    * `:prefix` - the attached database
    * others are those of FTS5: `:tokenize`, `:detail`, `:columnsize`, and so on. FTS5's own `prefix` is
      `:prefixes`
  """
  @spec create_full_text_search(name(), [name()], keyword()) :: :ok
  def create_full_text_search(table, columns, opts \\ []) do
    search = search!(table, columns, opts)
    Migration.execute(fn -> integer_key!(search) end, fn -> :ok end)
    both(create_search(search), drop_search(search))
  end

  @doc """
  Drops what `create_full_text_search/3` made of the same arguments; created again when rolled back.
  """
  @spec drop_full_text_search(name(), [name()], keyword()) :: :ok
  def drop_full_text_search(table, columns, opts \\ []) do
    search = search!(table, columns, opts)
    both(drop_search(search), create_search(search))
  end

  defp search!(table, columns, opts) do
    if columns == [], do: raise(ArgumentError, "a full-text search needs columns, got: []")
    {own, settings} = Keyword.split(opts, @search)
    name = own[:name] || "#{table}_search"

    %{
      name: name,
      table: table,
      columns: columns,
      key: own[:key] || :id,
      prefix: own[:prefix],
      settings: [content: table, content_rowid: own[:key] || :id] ++ settings,
      triggers: for(event <- ~w(insert delete update), do: {event, "#{name}_#{event}"})
    }
  end

  # FTS5 uses the key as its rowid, and reads a text as 0.
  defp integer_key!(%{key: key} = search) do
    meta = Ecto.Adapter.lookup_meta(Migration.repo().get_dynamic_repo())
    columns = Catalog.columns(meta, to_string(search.table), search.prefix)
    name = key |> to_string() |> String.downcase(:ascii)
    numbered? = &(String.downcase(&1.name, :ascii) == name and &1.type =~ ~r/int/i)

    if name not in ["rowid", "_rowid_", "oid"] and not Enum.any?(columns, numbered?) do
      raise ArgumentError,
            "a full-text search of #{inspect(search.table)} needs an integer key, and #{inspect(key)} is " <>
              "none; name the column that is one as :key"
    end
  end

  defp create_search(search) do
    settings =
      for {key, value} <- search.settings do
        key = if key == :prefixes, do: "prefix", else: to_string(key)
        [", ", key, ?=, value |> to_string() |> Quote.text()]
      end

    [
      ["CREATE VIRTUAL TABLE ", Quote.table(search.prefix, search.name), " USING fts5("],
      [Quote.names(search.columns), settings, ");\n"],
      Enum.map(search.triggers, &search_trigger(search, &1)),
      ["INSERT INTO ", Quote.table(search.prefix, search.name), " (", Quote.name(search.name)],
      ") VALUES ('rebuild')"
    ]
  end

  # FTS5 removes a row by its old values (sqlite.org/fts5.html#external_content_tables).
  defp search_trigger(search, {event, name}) do
    of = if event == "update", do: [" OF " | Quote.names([search.key | search.columns])], else: []
    forget = if event == "insert", do: [], else: forget(search)
    learn = if event == "delete", do: [], else: learn(search)

    [
      ["CREATE TRIGGER ", Quote.table(search.prefix, name), " AFTER ", String.upcase(event), of],
      [" ON ", Quote.name(search.table), " BEGIN ", forget, learn, "END;\n"]
    ]
  end

  defp forget(%{name: name} = search) do
    [
      ["INSERT INTO ", Quote.name(name), " (", Quote.names([name, "rowid" | search.columns])],
      [") VALUES ('delete', ", of_row("old.", search), "); "]
    ]
  end

  defp learn(%{name: name} = search) do
    [
      ["INSERT INTO ", Quote.name(name), " (", Quote.names(["rowid" | search.columns])],
      [") VALUES (", of_row("new.", search), "); "]
    ]
  end

  defp of_row(row, search),
    do: Enum.map_intersperse([search.key | search.columns], ", ", &[row, Quote.name(&1)])

  defp drop_search(search) do
    [
      for({_event, name} <- search.triggers, do: [drop("TRIGGER", name, search), ";\n"]),
      drop("TABLE", search.name, search)
    ]
  end

  @doc """
  The type of a column for vectors of `size` numbers, as libSQL servers name it.

      add :embedding, vector(384)

  The element types are those of `EctoLibSql.Native.vector_type/2`.
  """
  @spec vector(pos_integer(), atom()) :: atom()
  def vector(size, element \\ :f32), do: size |> Native.vector_type(element) |> String.to_atom()

  @settings ~w(compress_neighbors max_neighbors alpha search_l insert_l)a

  @doc """
  An index of the vectors in `column`, for `create`, `create_if_not_exists`, `drop` and `drop_if_exists`.

      create vector_index(:films, :embedding, metric: :l2)

  Its name is `films_embedding_index` if none is given; `EctoLibSql.Vector.nearest/4` takes it as `index:`.

  ## Options

    * `:metric` - `:cosine` or `:l2`. Default: `:cosine`
    * `:compress_neighbors`, `:max_neighbors`, `:alpha`, `:search_l`, `:insert_l` - the settings of libSQL's index of
      the same name
    * `:name`, `:where`, `:prefix`, `:comment` - those of `Ecto.Migration.index/3`
  """
  @spec vector_index(name(), atom(), keyword()) :: Migration.Index.t()
  def vector_index(table, column, opts \\ []) when is_atom(column) do
    known = [:metric, :name, :where, :prefix, :comment | @settings]
    opts = options!(opts, known, "vector_index")
    {settings, opts} = Keyword.split(opts, [:metric | @settings])
    settings = for setting <- Keyword.put_new(settings, :metric, :cosine), do: setting(setting)
    expression = ["libsql_vector_idx(", Quote.name(column), settings, ?)]
    opts = Keyword.put_new(opts, :name, :"#{table}_#{column}_index")
    Migration.index(table, [IO.iodata_to_binary(expression)], opts)
  end

  defp setting({:metric, metric}) when metric not in [:cosine, :l2],
    do:
      raise(
        ArgumentError,
        "vector_index has the metrics :cosine and :l2, got: #{inspect(metric)}"
      )

  defp setting({key, value}), do: [", ", Quote.text("#{key}=#{value}")]

  ## Commands

  defp drop(what, name, %{prefix: prefix}), do: ["DROP ", what, ?\s | Quote.table(prefix, name)]
  defp drop(what, name, opts), do: drop(what, name, %{prefix: opts[:prefix]})

  defp both(up, down), do: Migration.execute(text(up), text(down))
  defp one(sql), do: Migration.execute(text(sql))
  defp text(iodata), do: IO.iodata_to_binary(iodata)

  defp options!(opts, known, function) do
    case Keyword.keys(opts) -- known do
      [] ->
        opts

      unknown ->
        raise ArgumentError,
              "#{function} knows the options #{inspect(known)}, got: #{inspect(unknown)}"
    end
  end
end
