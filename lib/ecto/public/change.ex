defmodule EctoLibSql.Change do
  @moduledoc """
  A row that a repository has written, as its option `:changes` reports it after the commit.

      config :my_app, MyApp.Repo, changes: {MyApp.Changes, :broadcast, []}

      defmodule MyApp.Changes do
        def broadcast(%EctoLibSql.Change{} = change),
          do: Phoenix.PubSub.broadcast(MyApp.PubSub, change.table, change)
      end

  `:changes` is one of

    * `{module, function, args}`, or a function of one argument: called with the change (before `args`)
    * the name of a process (an atom, `{:global, term}` or `{:via, module, term}`), which receives the change as a
      message; the name is looked up for each change, so the process may start after the repository, and restart

  Both happen in one process for each pool, one change after the other, in the order of the commits of each connection.
  The writer does not wait for it. What fails there, or finds no process of that name, is logged once, until a change
  is delivered again. Changes by other programs are not seen.

  Fields:

    * `:repo` - the repository's module
    * `:action` - `:insert`, `:update` or `:delete`
    * `:prefix` - nil, or the name of the attached database
    * `:table`
    * `:id` - the rowid, which is the value of an integer primary key; 0 for tables WITHOUT ROWID

  Left out are the tables `schema_migrations` and `schema_migrations_lock` (or what `:migration_source` names), SQLite's own
  and those of a table rebuild in a migration.

  Within `Ecto.Adapters.SQL.Sandbox` nothing is committed, so that no change is reported: tests call the function, or
  send the message, themselves.
  """

  @enforce_keys [:repo, :action, :table, :id]
  defstruct [:repo, :action, :prefix, :table, :id]

  @type t :: %__MODULE__{
          repo: module(),
          action: :insert | :update | :delete,
          prefix: String.t() | nil,
          table: String.t(),
          id: integer()
        }
end
