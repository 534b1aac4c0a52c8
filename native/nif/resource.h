// NIF resources as C++ objects: constructed in place, counted by the VM, called when a process
// dies.
#ifndef LIBSQL_NIF_RESOURCE_H_
#define LIBSQL_NIF_RESOURCE_H_

#include <memory>
#include <new>
#include <type_traits>
#include <utility>

#include <erl_nif.h>

#include "messages.h"

namespace libsql::nif {

// A counted reference to a resource object of type T.
//
// Threads: as std::shared_ptr. May be released on any thread; T's destructor then runs there or on
// a scheduler and must not block.
template <typename T>
class ResourcePtr {
 public:
  ResourcePtr() noexcept = default;
  ResourcePtr(const ResourcePtr& other) noexcept : object_(other.object_) {
    if (object_ != nullptr) enif_keep_resource(object_);
  }
  ResourcePtr(ResourcePtr&& other) noexcept : object_(std::exchange(other.object_, nullptr)) {}
  ResourcePtr& operator=(const ResourcePtr& other) noexcept {
    ResourcePtr copy(other);
    std::swap(object_, copy.object_);
    return *this;
  }
  ResourcePtr& operator=(ResourcePtr&& other) noexcept {
    std::swap(object_, other.object_);
    return *this;
  }
  ~ResourcePtr() {
    if (object_ != nullptr) enif_release_resource(object_);
  }

  // Takes over the reference that enif_alloc_resource() gave.
  [[nodiscard]] static ResourcePtr adopt(T* object) noexcept {
    ResourcePtr pointer;
    pointer.object_ = object;
    return pointer;
  }
  // Adds a reference to an object that something else keeps alive now.
  [[nodiscard]] static ResourcePtr share(T* object) noexcept {
    enif_keep_resource(object);
    return adopt(object);
  }

  [[nodiscard]] T* get() const noexcept { return object_; }
  T* operator->() const noexcept { return object_; }
  T& operator*() const noexcept { return *object_; }
  explicit operator bool() const noexcept { return object_ != nullptr; }

  // A reference term, which keeps the object alive too.
  [[nodiscard]] ERL_NIF_TERM term(ErlNifEnv* env) const { return enif_make_resource(env, object_); }

 private:
  T* object_ = nullptr;
};

template <typename T>
concept HearsOfDeaths = requires(T& object, ErlNifEnv* env, const ErlNifPid& pid) {
  { object.process_down(env, pid) }
  noexcept;
};

// The VM's type for resources that hold a T.
template <typename T>
class ResourceType {
 public:
  // False if the VM fails. Only within load and upgrade.
  bool open(ErlNifEnv* env, const char* name, ErlNifResourceFlags flags) {
    ErlNifResourceTypeInit callbacks{};
    callbacks.dtor = &destroy;
    if constexpr (HearsOfDeaths<T>) callbacks.down = &down;
    type_ = enif_open_resource_type_x(env, name, &callbacks, flags, nullptr);
    return type_ != nullptr;
  }

  template <typename... Arguments>
  [[nodiscard]] ResourcePtr<T> make(Arguments&&... arguments) const {
    // A constructor that threw would leave memory whose destructor the VM calls all the same.
    static_assert(std::is_nothrow_constructible_v<T, Arguments...>);
    void* memory = enif_alloc_resource(type_, sizeof(T));
    if (memory == nullptr) throw std::bad_alloc();
    // NOLINTNEXTLINE(cppcoreguidelines-owning-memory): the VM owns what is placed there
    return ResourcePtr<T>::adopt(::new (memory) T(std::forward<Arguments>(arguments)...));
  }

  // The object behind a term, or nullptr. Valid for as long as the term.
  [[nodiscard]] T* get(ErlNifEnv* env, ERL_NIF_TERM term) const noexcept {
    void* object = nullptr;
    return enif_get_resource(env, term, type_, &object) != 0 ? static_cast<T*>(object) : nullptr;
  }

 private:
  static void destroy(ErlNifEnv* env, void* object) {
    const EnvScope scope(env);
    std::destroy_at(static_cast<T*>(object));
  }
  static void down(ErlNifEnv* env, void* object, ErlNifPid* pid, ErlNifMonitor* /*monitor*/) {
    const EnvScope scope(env);
    static_cast<T*>(object)->process_down(env, *pid);
  }

  ErlNifResourceType* type_ = nullptr;
};

}  // namespace libsql::nif

#endif  // LIBSQL_NIF_RESOURCE_H_
